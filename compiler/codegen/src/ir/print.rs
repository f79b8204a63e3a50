//! The text of a function, for people and tests.
//!
//! ```text
//! func sum(v0: ref) -> i64 {
//! block0(v0: ref):
//!     v1 = load.i64 v0+16 [list_len]            ; 3:9
//!     v2 = icmp uge v3, v1
//!     try check index v2, v3, v1 -> block1, catch any block2(exception)
//! ```

use super::{Arg, Block, Failure, Function, Inst, Jump, Loc, Op, Region, Terminator, Value};
use std::fmt::{self, Display, Formatter};
use vitte_abi::object::Repr;

impl Display for Function {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "func {}(", self.name.escape_debug())?;
        self.write_params(f, self.entry())?;
        write!(f, ")")?;
        if self.takes_closure {
            write!(f, " captures")?;
        }
        if self.result != Repr::Unit {
            write!(f, " -> {}", repr(self.result))?;
        }
        writeln!(f, " {{")?;
        for &block in &self.layout {
            self.write_block(f, block)?;
        }
        writeln!(f, "}}")
    }
}

impl Function {
    fn write_params(&self, f: &mut Formatter<'_>, block: Block) -> fmt::Result {
        for (number, &param) in self.blocks[block].params.iter().enumerate() {
            let comma = if number > 0 { ", " } else { "" };
            write!(f, "{comma}{param}: {}", repr(self.repr(param)))?;
        }
        Ok(())
    }

    fn write_block(&self, f: &mut Formatter<'_>, block: Block) -> fmt::Result {
        let data = &self.blocks[block];
        write!(f, "{block}")?;
        if !data.params.is_empty() {
            write!(f, "(")?;
            self.write_params(f, block)?;
            write!(f, ")")?;
        }
        writeln!(f, ":{}", if data.cold { "    ; cold" } else { "" })?;
        for &inst in &data.insts {
            self.write_line(f, &self.inst_text(inst), self.insts[inst].loc)?;
        }
        let loc = data.term.tried().map_or(data.term_loc, |inst| self.insts[inst].loc);
        self.write_line(f, &self.term_text(&data.term), loc)
    }

    fn write_line(&self, f: &mut Formatter<'_>, text: &str, loc: Option<Loc>) -> fmt::Result {
        let mut at = loc;
        let mut place = String::new();
        while let Some(loc) = at {
            let data = &self.locs[loc];
            if let Some((_, line, column)) = data.position {
                place += &format!("{}{line}:{column}", if place.is_empty() { "; " } else { " in " });
            }
            at = data.caller;
        }
        match place.is_empty() {
            true => writeln!(f, "    {text}"),
            false => writeln!(f, "    {text:<44}  {place}"),
        }
    }

    fn inst_text(&self, inst: Inst) -> String {
        let data = &self.insts[inst];
        let mut text = match data.result {
            Some(result) => format!("{result} = "),
            None => String::new(),
        };
        let address = match data.args.first() {
            Some(object) => object.to_string(),
            None => String::new(),
        };
        // Memory is written as an address, what else there is after it.
        let rest = match &data.op {
            Op::Load(held, offset, region) => {
                return text + &format!("load.{} {address}+{offset} [{}]", repr(*held), region_text(*region));
            }
            Op::LoadForeign(held, offset) => return text + &format!("load_foreign.{} {address}+{offset}", repr(*held)),
            Op::Store(offset, region) => {
                return text + &format!("store {address}+{offset} [{}], {}", region_text(*region), data.args[1]);
            }
            Op::StoreForeign(offset) => return text + &format!("store_foreign {address}+{offset}, {}", data.args[1]),
            Op::Barrier(offset) => return text + &format!("barrier {address}+{offset}"),
            _ => list(&data.args),
        };
        text += &op_text(&data.op);
        if !rest.is_empty() {
            text += " ";
        }
        text + &rest
    }

    fn term_text(&self, term: &Terminator) -> String {
        match term {
            Terminator::Jump(jump) => format!("jump {}", jump_text(jump)),
            Terminator::Branch(cond, then, other) => {
                format!("branch {cond}, {}, {}", jump_text(then), jump_text(other))
            }
            Terminator::Switch(value, jumps, default) => {
                let jumps: Vec<String> = jumps.iter().map(jump_text).collect();
                format!("switch {value}, [{}], {}", jumps.join(", "), jump_text(default))
            }
            Terminator::Return(None) => "return".to_owned(),
            Terminator::Return(Some(value)) => format!("return {value}"),
            Terminator::TailCall(func, args) => format!("tail_call {} {}", func.0, list(args)).trim_end().to_owned(),
            Terminator::TailCallClosure(args) => format!("tail_call_closure {}", list(args)),
            Terminator::Try { inst, normal, handlers } => {
                let mut text = format!("try {} -> {}", self.inst_text(*inst), jump_text(normal));
                for (catch, jump) in handlers {
                    let filter = catch.filter.map_or("any".to_owned(), |ty| format!("type{}", ty.0));
                    text += &format!(", catch {filter} {}", jump_text(jump));
                }
                text
            }
            Terminator::Unreachable => "unreachable".to_owned(),
        }
    }
}

fn jump_text(jump: &Jump) -> String {
    if jump.args.is_empty() {
        return jump.block.to_string();
    }
    let args: Vec<String> = jump
        .args
        .iter()
        .map(|arg| match arg {
            Arg::Value(value) => value.to_string(),
            Arg::Result => "result".to_owned(),
            Arg::Exception => "exception".to_owned(),
        })
        .collect();
    format!("{}({})", jump.block, args.join(", "))
}

fn list(values: &[Value]) -> String {
    let values: Vec<String> = values.iter().map(Value::to_string).collect();
    values.join(", ")
}

fn repr(repr: Repr) -> String {
    format!("{repr:?}").to_lowercase()
}

fn region_text(region: Region) -> String {
    match region {
        Region::Field(ty, field) => format!("type{}.{field}", ty.0),
        Region::Items(held) => format!("items.{}", repr(held)),
        _ => snake(&format!("{region:?}")),
    }
}

fn op_text(op: &Op) -> String {
    match op {
        Op::Int(held, value) => format!("int.{} {value}", repr(*held)),
        Op::Float(Repr::F32, bits) => format!("float.f32 {:?}", f32::from_bits(*bits as u32)),
        Op::Float(_, bits) => format!("float.f64 {:?}", f64::from_bits(*bits)),
        Op::Word(0) => "nil".to_owned(),
        Op::Word(word) => format!("word {word:#x}"),
        Op::Str(idx) => format!("str {}", idx.0),
        Op::Bytes(bytes) => format!("bytes {bytes:?}"),
        Op::Extern(idx) => format!("extern {}", idx.0),
        Op::Callback(func) => format!("callback {}", func.0),
        Op::ICmp(cond) => format!("icmp {}", snake(&format!("{cond:?}"))),
        Op::FCmp(cond) => format!("fcmp {}", snake(&format!("{cond:?}"))),
        Op::SExt(to) => format!("sext.{}", repr(*to)),
        Op::ZExt(to) => format!("zext.{}", repr(*to)),
        Op::Reduce(to) => format!("reduce.{}", repr(*to)),
        Op::SToF(to) => format!("stof.{}", repr(*to)),
        Op::UToF(to) => format!("utof.{}", repr(*to)),
        Op::FToS(to) => format!("ftos.{}", repr(*to)),
        Op::FToU(to) => format!("ftou.{}", repr(*to)),
        Op::Bitcast(to) => format!("bitcast.{}", repr(*to)),
        Op::LoadItem(held) => format!("load_item.{}", repr(*held)),
        Op::LoadTable(held) => format!("load_table.{}", repr(*held)),
        Op::StoreItem(held) => format!("store_item.{}", repr(*held)),
        Op::New(ty, 0) => format!("new type{ty}"),
        Op::New(ty, tag) => format!("new type{ty}#{tag}"),
        Op::NewClosure(func) => format!("new_closure {}", func.0),
        Op::Box(ty) => format!("box type{ty}"),
        Op::Unbox(ty) => format!("unbox type{ty}"),
        Op::IsType(ty) => format!("is_type type{ty}"),
        Op::Check(Failure::Type(ty)) => format!("check type{ty}"),
        Op::Check(Failure::Variant(tag)) => format!("check variant#{tag}"),
        Op::Check(failure) => format!("check {}", snake(&format!("{failure:?}"))),
        Op::Moved(number) => format!("moved {number}"),
        Op::Call(func) => format!("call {}", func.0),
        Op::CallMethod(ty, method) => format!("call_method type{}.{}", ty.0, method.0),
        Op::Helper(helper) => helper.info().symbol.to_owned(),
        Op::Native(native) => native.info().symbol.to_owned(),
        _ => snake(&format!("{op:?}")),
    }
}

/// `LoadItem` as `load_item`; short names of all capitals but one, as `SDiv`, lose them only.
fn snake(name: &str) -> String {
    let mut text = String::with_capacity(name.len() + 4);
    let mut before_lower = false;
    for c in name.chars() {
        if c.is_uppercase() && before_lower {
            text.push('_');
        }
        before_lower = c.is_lowercase();
        text.extend(c.to_lowercase());
    }
    text
}
