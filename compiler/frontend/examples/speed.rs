//! How many lines a second the front end takes: reading, checking and making bytecode, on one core.
//!
//! ```text
//! python3 bench/tools/gen_lines.py /tmp/lines.vit 100000
//! cargo run --release -p vitte-frontend --example speed /tmp/lines.vit
//! ```

use std::time::Instant;
use vitte_frontend::{NoModules, Options, SourceFile, compile};

const ROUNDS: usize = 5;

fn main() {
    let file = std::env::args().nth(1).expect("a Vitte file");
    let text = std::fs::read_to_string(&file).expect("the file is readable");
    let lines = text.lines().count();
    let main = SourceFile { name: file, text };
    for (what, check) in [("checking", true), ("all", false)] {
        let time = |_| {
            let start = Instant::now();
            let compiled = compile(&mut NoModules, &main, &Options { check, ..Options::default() });
            let seconds = start.elapsed().as_secs_f64();
            assert!(check || compiled.module.is_some(), "the file has errors: {:?}", compiled.diagnostics.first());
            seconds
        };
        let best = (0..ROUNDS).map(time).fold(f64::INFINITY, f64::min);
        println!("{what:>8}: {lines} lines in {:.0} ms, {:.0} lines/s", best * 1e3, lines as f64 / best);
    }
}
