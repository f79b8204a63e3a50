use vitte_frontend::*;
fn main() {
    let name = std::env::args().nth(1).unwrap();
    let text = std::fs::read_to_string(&name).unwrap();
    let result = compile(&mut NoModules, &SourceFile { name, text }, &Options { check_std: true, ..Options::default() });
    for d in &result.diagnostics {
        let p = result.sources.position(d.span.start);
        println!("{}:{}:{}: {:?} {} {} [{}] {:?} {:?} {:?} {:?}", result.sources.file(p.file).name, p.line, p.column, d.severity, d.code, d.message, result.sources.text(d.span), d.label, d.notes, d.fixes.iter().map(|f|&f.message).collect::<Vec<_>>(), d.labels.iter().map(|l|&l.1).collect::<Vec<_>>());
    }
}
