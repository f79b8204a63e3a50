use vitte_frontend::*;
fn main() {
    let args: Vec<String> = std::env::args().collect();
    let name = args[1].clone();
    let text = std::fs::read_to_string(&name).unwrap();
    struct L;
    impl SourceLoader for L {
        fn load(&mut self, importer: &str, name: &str) -> Option<SourceFile> {
            let dir = std::path::Path::new(importer).parent()?;
            let mut p = dir.join(format!("{}.vit", name.replace('.', "/")));
            if !p.exists() { p = dir.join(format!("_{}.vit", name.replace('.', "/"))); }
            Some(SourceFile { text: std::fs::read_to_string(&p).ok()?, name: p.to_string_lossy().into_owned() })
        }
    }
    let t = std::time::Instant::now();
    let result = compile(&mut L, &SourceFile { name, text }, &Options { check_std: std::env::var("STD").is_ok(), tests: std::env::var("TESTS").is_ok(), ..Options::default() });
    let took = t.elapsed();
    for d in &result.diagnostics {
        let p = result.sources.position(d.span.start);
        eprintln!("{}:{}:{}: {:?} {} {} [{}] {:?} {:?} {:?} {:?}", result.sources.file(p.file).name, p.line, p.column, d.severity, d.code, d.message, result.sources.text(d.span).chars().take(60).collect::<String>(), d.label, d.notes, d.fixes.iter().map(|f|&f.message).collect::<Vec<_>>(), d.labels.iter().map(|l|&l.1).collect::<Vec<_>>());
    }
    if std::env::var("TIME").is_ok() { eprintln!("compile {took:?}"); }
    let Some(module) = result.module else { std::process::exit(1) };
    if std::env::var("DUMP").is_ok() { eprintln!("{}", vitbc::text::print(&module)); }
    let module = match vitbc::verify::verify(module) { Ok(m) => m, Err(e) => { eprintln!("VERIFY {e}"); std::process::exit(2) } };
    if std::env::var("NORUN").is_ok() { return; }
    let mut vm = vitte_interp::Vm::new();
    vm.set_args(args[2..].to_vec());
    vm.load(module);
    std::process::exit(vm.run().unwrap());
}
