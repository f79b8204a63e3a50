//! Random C functions, and the Vitte program that calls them and is called by them.
//!
//! Each signature is checked on both sides: who is called compares every number of every argument with what it is to
//! be, and who calls every number of the result. What is wrong is printed; otherwise nothing is.

use crate::Dice;
use std::fmt::Write;

/// A C library, and programs that use it as `extern "shapes"`.
#[derive(Clone, Debug, Default)]
pub struct Foreign {
    /// The library's source.
    pub c: String,
    /// The program whose functions call C; it prints `done`.
    pub calls: String,
    /// The program whose functions C calls; it prints `done`.
    pub callbacks: String,
    /// A library of such functions, to be named `exports`.
    pub exports: String,
    /// The C program that calls it; it prints `done`.
    pub main: String,
}

/// A type of both languages.
#[derive(Clone, PartialEq, Debug)]
enum Ty {
    /// A number, by its position in [`NUMBERS`].
    Number(usize),
    /// A struct, by its number.
    Struct(usize),
    /// Two or more of a type, in a struct.
    Array(Box<Ty>, usize),
}

/// The numbers, in Vitte and in C.
const NUMBERS: [(&str, &str); 11] = [
    ("bool", "bool"),
    ("i8", "int8_t"),
    ("u8", "uint8_t"),
    ("i16", "int16_t"),
    ("u16", "uint16_t"),
    ("i32", "int32_t"),
    ("u32", "uint32_t"),
    ("int", "int64_t"),
    ("u64", "uint64_t"),
    ("f32", "float"),
    ("float", "double"),
];
const F32: usize = 9;
const F64: usize = 10;

/// Functions of `n` random signatures, by `seed`.
pub fn foreign(seed: u64, n: usize) -> Foreign {
    let mut maker = Maker { dice: Dice::new(seed), structs: vec![], out: Foreign::default() };
    maker.out.c.push_str(C_HEAD);
    maker.out.calls.push_str(VITTE_HEAD);
    maker.out.callbacks.push_str(VITTE_HEAD);
    maker.out.exports.push_str(VITTE_HEAD);
    _ = write!(maker.out.main, "#include \"exports.h\"\n{C_HEAD}");
    for _ in 0..n / 3 {
        maker.add_struct();
    }
    let (mut calls, mut callbacks, mut asks) = (String::new(), String::new(), String::new());
    for number in 0..n {
        maker.function(number);
        maker.callback(number);
        maker.export(number);
        _ = writeln!(calls, "    call{number}()");
        _ = writeln!(callbacks, "    reverse{number}(back{number})");
        _ = writeln!(asks, "    ask{number}();");
        if number % 5 == 0 {
            maker.variadic(number);
            _ = writeln!(calls, "    more{number}()");
        }
    }
    _ = write!(maker.out.calls, "fn main() {{\n{calls}    print(\"done\")\n}}\n");
    _ = write!(maker.out.callbacks, "fn main() {{\n{callbacks}    print(\"done\")\n}}\n");
    _ = write!(maker.out.main, "int main(void) {{\n{asks}    puts(\"done\");\n    return 0;\n}}\n");
    maker.out
}

const C_HEAD: &str = "\
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

static void wrong(const char *what) {
    printf(\"wrong: %s\\n\", what);
    fflush(stdout);
}

";
const VITTE_HEAD: &str = "fn wrong(what: str) { print(\"wrong: {what}\") }\n\n";

struct Maker {
    dice: Dice,
    /// The types of the fields.
    structs: Vec<Vec<Ty>>,
    out: Foreign,
}

impl Maker {
    /// Adds a line or more to all Vitte code.
    fn vitte(&mut self, text: &str) {
        for out in [&mut self.out.calls, &mut self.out.callbacks, &mut self.out.exports] {
            out.push_str(text);
        }
    }

    /// Declares a struct, and for each language a function that compares two.
    fn add_struct(&mut self) {
        let n = if self.dice.chance(85) { self.dice.between(1, 4) } else { self.dice.between(5, 9) };
        // Some are all of one number, or all of floats, which some processors pass in ways of their own.
        let only = match self.dice.below(10) {
            0..3 => Some(vec![F32 + self.dice.below(2) as usize]),
            3 => Some(vec![self.dice.below(NUMBERS.len() as u64) as usize]),
            4 => Some(vec![F32, F64]),
            _ => None,
        };
        let mut fields = vec![];
        while fields.len() < n as usize && fields.iter().map(|ty| self.size(ty)).sum::<usize>() < 24 {
            let number = match &only {
                Some(only) => *self.dice.pick(only),
                None => self.dice.below(NUMBERS.len() as u64) as usize,
            };
            let mut ty = Ty::Number(number);
            if !self.structs.is_empty() && only.is_none() && self.dice.chance(25) {
                ty = Ty::Struct(self.dice.below(self.structs.len() as u64) as usize);
            }
            if self.size(&ty) <= 8 && self.dice.chance(15) {
                ty = Ty::Array(Box::new(ty), self.dice.between(2, 4) as usize);
                if self.dice.chance(20) {
                    ty = Ty::Array(Box::new(ty), 2);
                }
            }
            fields.push(ty);
        }
        let number = self.structs.len();
        let (mut in_vitte, mut in_c, mut same_in_vitte, mut same_in_c) = (vec![], vec![], vec![], vec![]);
        for (position, ty) in fields.iter().enumerate() {
            in_vitte.push(format!("m{position}: {}", vitte_type(ty)));
            in_c.push(format!("    {};\n", declare(ty, &format!("m{position}"))));
            same_in_vitte.push(same_vitte(ty, &format!("a.m{position}"), &format!("b.m{position}"), 0));
            same_in_c.push(same_c(ty, &format!("a->m{position}"), &format!("b->m{position}")));
        }
        _ = writeln!(self.out.c, "typedef struct {{\n{}}} S{number};", in_c.concat());
        let same = same_in_c.join(" && ");
        let same = format!("static bool same{number}(const S{number} *a, const S{number} *b) {{ return {same}; }}\n");
        self.out.c.push_str(&same);
        // The header has those structs only that an export takes or gives.
        _ = write!(self.out.main, "typedef struct vitte_S{number} S{number};\n{same}");
        _ = writeln!(self.out.exports, "pub fn keep{number}(x: S{number}) -> S{number} {{ x }}");
        let (fields_in_vitte, same) = (in_vitte.join(", "), same_in_vitte.join(" and "));
        self.vitte(&format!(
            "extern struct S{number} {{ {fields_in_vitte} }}\n\
             fn same{number}(a: S{number}, b: S{number}) -> bool {{ {same} }}\n"
        ));
        self.structs.push(fields);
    }

    /// About how many bytes a type takes.
    fn size(&self, ty: &Ty) -> usize {
        match ty {
            Ty::Number(0..=2) => 1,
            Ty::Number(3 | 4) => 2,
            Ty::Number(5 | 6 | F32) => 4,
            Ty::Number(_) => 8,
            Ty::Struct(number) => self.structs[*number].iter().map(|field| self.size(field)).sum(),
            Ty::Array(item, n) => n * self.size(item),
        }
    }

    /// A type for a parameter or result.
    fn ty(&mut self) -> Ty {
        match self.dice.chance(55) {
            true => Ty::Struct(self.dice.below(self.structs.len() as u64) as usize),
            false => Ty::Number(self.dice.below(NUMBERS.len() as u64) as usize),
        }
    }

    fn params(&mut self) -> Vec<Ty> {
        let n = self.dice.below(10);
        (0..n).map(|_| self.ty()).collect()
    }

    fn result(&mut self) -> Option<Ty> {
        self.dice.chance(85).then(|| self.ty())
    }

    /// A value, as Vitte and as C write it.
    fn value(&mut self, ty: &Ty) -> (String, String) {
        match ty {
            Ty::Number(0) => {
                let value = self.dice.chance(50).to_string();
                (value.clone(), value)
            }
            Ty::Number(number @ (F32 | F64)) => {
                // Such that `float` has it, too.
                let value = self.dice.below(1 << 20) as f64 / 64.0 - 5000.0;
                let suffix = if *number == F32 { "f" } else { "" };
                (format!("{value:?}"), format!("{value:?}{suffix}"))
            }
            Ty::Number(number) => {
                let bits = 8 << ((number - 1) / 2);
                let value = (self.dice.bits() >> (64 - bits)) as i64;
                let value = match number % 2 == 1 {
                    // Not the least one, whose positive counterpart no literal can be.
                    true => ((value << (64 - bits) >> (64 - bits)).max(1 - (i64::MAX >> (64 - bits)))).to_string(),
                    false => (value & i64::MAX).to_string(),
                };
                let suffix = if bits == 64 { "LL" } else { "" };
                (value.clone(), format!("{value}{suffix}"))
            }
            Ty::Struct(number) => {
                let fields = self.structs[*number].clone();
                let (mut in_vitte, mut in_c) = (vec![], vec![]);
                for (position, field) in fields.iter().enumerate() {
                    let (vitte, c) = self.value(field);
                    in_vitte.push(format!("m{position}: {vitte}"));
                    in_c.push(c);
                }
                (format!("S{number} {{ {} }}", in_vitte.join(", ")), format!("{{{}}}", in_c.join(", ")))
            }
            Ty::Array(item, n) => {
                let (in_vitte, in_c): (Vec<_>, Vec<_>) = (0..*n).map(|_| self.value(item)).unzip();
                (format!("({})", in_vitte.join(", ")), format!("{{{}}}", in_c.join(", ")))
            }
        }
    }

    fn values(&mut self, types: &[Ty]) -> (Vec<String>, Vec<String>) {
        types.iter().map(|ty| self.value(ty)).unzip()
    }

    /// A C function that Vitte calls.
    fn function(&mut self, number: usize) {
        let (params, result) = (self.params(), self.result());
        let (in_vitte, in_c) = self.values(&params);
        let name = format!("forward{number}");
        _ = writeln!(self.out.c, "{} {{", c_head(&name, &params, result.as_ref()));
        self.out.c.push_str(&c_checks(&name, &params, &in_c));
        _ = writeln!(self.out.calls, "extern \"shapes\" {}", vitte_head(&name, &params, result.as_ref()));
        let call = format!("{name}({})", in_vitte.join(", "));
        _ = match &result {
            Some(ty) => {
                let (vitte, c) = self.value(ty);
                _ = writeln!(self.out.c, "    {} = {c};\n    return r;", declare(ty, "r"));
                let check = vitte_check(&format!("result of {name}"), ty, "r", &vitte);
                write!(self.out.calls, "fn call{number}() {{\n    let r = {call}\n{check}}}\n")
            }
            None => write!(self.out.calls, "fn call{number}() {{\n    {call}\n}}\n"),
        };
        self.out.c.push_str("}\n");
    }

    /// A C function that calls Vitte.
    fn callback(&mut self, number: usize) {
        let (params, result) = (self.params(), self.result());
        let (in_vitte, in_c) = self.values(&params);
        let types: Vec<String> = params.iter().map(c_type).collect();
        let types = if types.is_empty() { "void".to_owned() } else { types.join(", ") };
        let c_result = result.as_ref().map_or("void".to_owned(), c_type);
        _ = writeln!(self.out.c, "void reverse{number}({c_result} (*f)({types})) {{");
        for (position, (ty, value)) in params.iter().zip(&in_c).enumerate() {
            _ = writeln!(self.out.c, "    {} = {value};", declare(ty, &format!("a{position}")));
        }
        let args: Vec<String> = (0..params.len()).map(|position| format!("a{position}")).collect();
        let call = format!("f({})", args.join(", "));
        let name = format!("back{number}");
        let types: Vec<String> = params.iter().map(vitte_type).collect();
        let arrow = result.as_ref().map_or(String::new(), |ty| format!(" -> {}", vitte_type(ty)));
        let types = types.join(", ");
        _ = writeln!(self.out.callbacks, "extern \"shapes\" fn reverse{number}(f: extern fn({types}){arrow})");
        _ = writeln!(self.out.callbacks, "{} {{", vitte_head(&name, &params, result.as_ref()));
        for (position, (ty, value)) in params.iter().zip(&in_vitte).enumerate() {
            let check = vitte_check(&format!("{name}, argument {position}"), ty, &format!("a{position}"), value);
            self.out.callbacks.push_str(&check);
        }
        match &result {
            Some(ty) => {
                let (vitte, c) = self.value(ty);
                let check = c_check(&format!("result of {name}"), ty, "r", &c);
                _ = write!(self.out.c, "    {} = {call};\n{check}}}\n", declare(ty, "r"));
                _ = write!(self.out.callbacks, "    {vitte}\n}}\n");
            }
            None => {
                _ = write!(self.out.c, "    {call};\n}}\n");
                self.out.callbacks.push_str("}\n");
            }
        }
    }

    /// A Vitte function that C calls as one of a library.
    fn export(&mut self, number: usize) {
        let (params, result) = (self.params(), self.result());
        let (in_vitte, in_c) = self.values(&params);
        let name = format!("offer{number}");
        _ = writeln!(self.out.exports, "pub {} {{", vitte_head(&name, &params, result.as_ref()));
        _ = writeln!(self.out.main, "static void ask{number}(void) {{");
        let mut args = vec![];
        for (position, ty) in params.iter().enumerate() {
            let (what, variable) = (format!("{name}, argument {position}"), format!("a{position}"));
            self.out.exports.push_str(&vitte_check(&what, ty, &variable, &in_vitte[position]));
            _ = writeln!(self.out.main, "    {} = {};", declare(ty, &variable), in_c[position]);
            args.push(variable);
        }
        let mut check = String::new();
        if let Some(ty) = &result {
            let (vitte, c) = self.value(ty);
            _ = writeln!(self.out.exports, "    {vitte}");
            _ = writeln!(self.out.main, "    {};", declare(ty, "r"));
            args.push("&r".to_owned());
            check = c_check(&format!("result of {name}"), ty, "r", &c);
        }
        let call = format!("vitte_{name}({})", args.join(", "));
        _ = write!(self.out.main, "    if ({call} != 0) wrong(\"status of {name}\");\n{check}}}\n");
        self.out.exports.push_str("}\n");
    }

    /// A C function with a variable number of arguments.
    fn variadic(&mut self, number: usize) {
        let params = self.params();
        let (in_vitte, in_c) = self.values(&params);
        let name = format!("variadic{number}");
        _ = writeln!(self.out.c, "double {name}(int32_t n, ...) {{\n    va_list list;\n    va_start(list, n);");
        for (position, ty) in params.iter().enumerate() {
            // Small numbers come promoted.
            let passed = match ty {
                Ty::Number(0..=4) => "int".to_owned(),
                Ty::Number(F32) => "double".to_owned(),
                ty => c_type(ty),
            };
            _ = writeln!(self.out.c, "    {} = va_arg(list, {passed});", declare(ty, &format!("a{position}")));
        }
        self.out.c.push_str("    va_end(list);\n");
        self.out.c.push_str(&c_checks(&name, &params, &in_c));
        self.out.c.push_str("    return n / 2.0;\n}\n");
        let args: String = in_vitte.iter().zip(&params).map(|(value, ty)| format!(", {}", typed(value, ty))).collect();
        _ = write!(
            self.out.calls,
            "extern \"shapes\" fn {name}(n: i32, ...) -> float\n\
             fn more{number}() {{\n    if {name}({number}{args}) != {number}.0 / 2.0 {{ wrong(\"result of {name}\") }}\n}}\n"
        );
    }
}

/// A value of a type that is not known from where it stands.
fn typed(value: &str, ty: &Ty) -> String {
    match ty {
        Ty::Number(_) => format!("({value} as {})", vitte_type(ty)),
        _ => value.to_owned(),
    }
}

fn vitte_type(ty: &Ty) -> String {
    match ty {
        Ty::Number(number) => NUMBERS[*number].0.to_owned(),
        Ty::Struct(number) => format!("S{number}"),
        Ty::Array(item, n) => format!("({})", vec![vitte_type(item); *n].join(", ")),
    }
}

fn c_type(ty: &Ty) -> String {
    declare(ty, "").trim_end().to_owned()
}

/// A declaration of `name` in C.
fn declare(ty: &Ty, name: &str) -> String {
    match ty {
        Ty::Number(number) => format!("{} {name}", NUMBERS[*number].1),
        Ty::Struct(number) => format!("S{number} {name}"),
        Ty::Array(item, n) => declare(item, &format!("{name}[{n}]")),
    }
}

fn vitte_head(name: &str, params: &[Ty], result: Option<&Ty>) -> String {
    let params: Vec<String> = params.iter().enumerate().map(|(n, ty)| format!("a{n}: {}", vitte_type(ty))).collect();
    let arrow = result.map_or(String::new(), |ty| format!(" -> {}", vitte_type(ty)));
    format!("fn {name}({}){arrow}", params.join(", "))
}

fn c_head(name: &str, params: &[Ty], result: Option<&Ty>) -> String {
    let params: Vec<String> = params.iter().enumerate().map(|(n, ty)| declare(ty, &format!("a{n}"))).collect();
    let params = if params.is_empty() { "void".to_owned() } else { params.join(", ") };
    format!("{} {name}({params})", result.map_or("void".to_owned(), c_type))
}

/// Whether two values are the same, in Vitte; `depth` tells names apart.
fn same_vitte(ty: &Ty, a: &str, b: &str, depth: usize) -> String {
    match ty {
        Ty::Number(_) => format!("{a} == {b}"),
        Ty::Struct(number) => format!("same{number}({a}, {b})"),
        Ty::Array(item, n) => {
            let names = |side: &str| (0..*n).map(|n| format!("{side}{depth}{n}")).collect::<Vec<_>>();
            let (left, right) = (names("x"), names("y"));
            let same: Vec<String> = left.iter().zip(&right).map(|(a, b)| same_vitte(item, a, b, depth + 1)).collect();
            let (left, right) = (left.join(", "), right.join(", "));
            format!("({{\n    let ({left}) = {a}\n    let ({right}) = {b}\n    {}\n}})", same.join(" and "))
        }
    }
}

/// The same in C.
fn same_c(ty: &Ty, a: &str, b: &str) -> String {
    match ty {
        Ty::Number(_) => format!("{a} == {b}"),
        Ty::Struct(number) => format!("same{number}(&{a}, &{b})"),
        Ty::Array(item, n) => {
            let same = |n| same_c(item, &format!("{a}[{n}]"), &format!("{b}[{n}]"));
            (0..*n).map(same).collect::<Vec<_>>().join(" && ")
        }
    }
}

/// Reports in Vitte if a variable has not this value.
fn vitte_check(what: &str, ty: &Ty, variable: &str, value: &str) -> String {
    let same = match ty {
        Ty::Struct(number) => format!("same{number}({variable}, {value})"),
        _ => format!("{variable} == {value}"),
    };
    format!("    if not ({same}) {{ wrong(\"{what}\") }}\n")
}

/// The same in C.
fn c_check(what: &str, ty: &Ty, variable: &str, value: &str) -> String {
    let expected = declare(ty, "expected");
    let same = same_c(ty, variable, "expected");
    format!("    {{ {expected} = {value}; if (!({same})) wrong(\"{what}\"); }}\n")
}

fn c_checks(name: &str, params: &[Ty], values: &[String]) -> String {
    let check = |(position, (ty, value)): (usize, (&Ty, &String))| {
        c_check(&format!("{name}, argument {position}"), ty, &format!("a{position}"), value)
    };
    params.iter().zip(values).enumerate().map(check).collect()
}
