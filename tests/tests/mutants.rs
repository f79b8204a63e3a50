//! The verifier against modules that say anything: generated programs with some of their numbers changed. It must
//! accept or refuse; a panic fails the test.

use vitbc::inst::OperandMut;
use vitbc::verify::verify;
use vitbc::{
    CaptureIdx, Const, ExternIdx, FieldIdx, FloatIdx, FuncIdx, GlobalIdx, Handler, IntIdx, Label, Line, MethodIdx,
    Module, NativeIdx, ParamIdx, Reg, StrIdx, Type, TypeIdx, VariantIdx,
};
use vitte_tests::{Dice, generate};

const PROGRAMS: u64 = 150;
const MUTANTS: u64 = 60;

#[test]
fn any_module_is_accepted_or_refused() {
    let (mut accepted, mut refused) = (0, 0);
    for seed in 0..PROGRAMS {
        let original = generate(seed);
        let mut dice = Dice::new(seed);
        for _ in 0..MUTANTS {
            let mut module = original.clone();
            for _ in 0..dice.between(1, 3) {
                mutate(&mut module, &mut dice);
            }
            match verify(module) {
                Ok(_) => accepted += 1,
                Err(error) => {
                    assert_eq!(error.code.0 / 100, 2, "{error}");
                    refused += 1;
                }
            }
        }
    }
    // Most changes break something, some do not: otherwise they are not worth making.
    assert!(refused > accepted && accepted > 100, "{accepted} accepted, {refused} refused");
}

/// An index that is often in range, sometimes just past it, sometimes far away.
fn index(dice: &mut Dice, len: usize) -> u32 {
    match dice.below(20) {
        0 => dice.bits() as u32,
        1 => len as u32,
        2 => len as u32 + 1,
        3 => u32::MAX,
        _ => dice.below(len.max(1) as u64) as u32,
    }
}

fn mutate(module: &mut Module, dice: &mut Dice) {
    if module.types.is_empty() || module.functions.is_empty() {
        return;
    }
    match dice.below(12) {
        0 => mutate_type(module, dice),
        1 => mutate_table(module, dice),
        2 => mutate_header(module, dice),
        3 => mutate_handlers(module, dice),
        4 => move_inst(module, dice),
        _ => mutate_operand(module, dice),
    }
}

fn mutate_type(module: &mut Module, dice: &mut Dice) {
    let n_types = module.types.len();
    let position = index(dice, n_types) as usize % n_types;
    let other = TypeIdx(index(dice, n_types));
    match &mut module.types[position] {
        Type::List(item) | Type::Optional(item) => *item = other,
        Type::Map(key, value) => *(if dice.chance(50) { key } else { value }) = other,
        Type::Tuple(items) if dice.chance(80) => items[0] = other,
        Type::Tuple(items) => *items = Box::new([other]),
        Type::Fn(signature) => signature.result = other,
        Type::Struct(declared) if !declared.fields.is_empty() => declared.fields[0].ty = other,
        Type::Enum(declared) => {
            let fields = declared.variants.iter_mut().flat_map(|variant| &mut variant.fields);
            fields.for_each(|field| field.ty = other);
        }
        Type::Trait(declared) => declared.methods[0].signature.result = other,
        _ => {
            let copy = module.types[other.index() % n_types].clone();
            module.types[position] = copy;
        }
    }
    if dice.chance(5) {
        module.types.truncate(position);
    }
}

fn mutate_table(module: &mut Module, dice: &mut Dice) {
    let n_functions = module.functions.len();
    match dice.below(7) {
        0 => module.entry = Some(FuncIdx(index(dice, n_functions))),
        1 => module.ints.truncate(index(dice, module.ints.len()) as usize),
        2 => module.strs.truncate(index(dice, module.strs.len()) as usize),
        3 => module.globals.truncate(1),
        4 => {
            if let Some(known) = module.impls.first_mut() {
                known.methods[0] = FuncIdx(index(dice, n_functions));
            }
        }
        5 => {
            if let Some(known) = module.impls.last_mut() {
                known.ty = TypeIdx(index(dice, module.types.len()));
            }
        }
        _ => {
            let position = index(dice, n_functions) as usize % n_functions;
            module.functions.remove(position);
        }
    }
}

fn mutate_header(module: &mut Module, dice: &mut Dice) {
    let (n_types, n_functions) = (module.types.len(), module.functions.len());
    let function = &mut module.functions[dice.below(n_functions as u64) as usize];
    let n_regs = function.regs.len();
    match dice.below(7) {
        0 => function.n_params = index(dice, n_regs),
        1 => function.result = TypeIdx(index(dice, n_types)),
        2 => function.captures.push(TypeIdx(index(dice, n_types))),
        3 => function.regs.truncate(index(dice, n_regs) as usize),
        4 if n_regs > 0 => function.regs[dice.below(n_regs as u64) as usize] = TypeIdx(index(dice, n_types)),
        5 => {
            let at = Label(index(dice, function.code.len()));
            function.lines.push(Line { at, file: Default::default(), line: 1, column: 0 });
        }
        _ => function.code.truncate(index(dice, function.code.len()) as usize),
    }
}

fn mutate_handlers(module: &mut Module, dice: &mut Dice) {
    let (n_types, n_functions) = (module.types.len(), module.functions.len());
    let function = &mut module.functions[dice.below(n_functions as u64) as usize];
    let n_insts = function.code.len();
    let label = |dice: &mut Dice| Label(index(dice, n_insts));
    let n_handlers = function.handlers.len() as u64;
    match dice.below(4) {
        0 if n_handlers > 1 => function.handlers.swap(0, 1),
        1 if n_handlers > 0 => function.handlers[dice.below(n_handlers) as usize].target = label(dice),
        2 if n_handlers > 0 => function.handlers[dice.below(n_handlers) as usize].end = label(dice),
        _ => {
            let (start, end, target) = (label(dice), label(dice), label(dice));
            let reg = Reg(index(dice, function.regs.len()));
            let filter = dice.chance(50).then(|| TypeIdx(index(dice, n_types)));
            function.handlers.insert(0, Handler { start, end, target, reg, filter });
        }
    }
}

fn move_inst(module: &mut Module, dice: &mut Dice) {
    let n_functions = module.functions.len() as u64;
    let from = &module.functions[dice.below(n_functions) as usize].code;
    if from.is_empty() {
        return;
    }
    let inst = dice.pick(from).clone();
    let to = &mut module.functions[dice.below(n_functions) as usize].code;
    if !to.is_empty() {
        let position = dice.below(to.len() as u64) as usize;
        to[position] = inst;
    }
}

fn mutate_operand(module: &mut Module, dice: &mut Dice) {
    let (n_types, n_functions, n_globals) = (module.types.len(), module.functions.len(), module.globals.len());
    let (n_ints, n_floats, n_strs) = (module.ints.len(), module.floats.len(), module.strs.len());
    let function = &mut module.functions[dice.below(n_functions as u64) as usize];
    let (n_regs, n_insts, n_params) = (function.regs.len(), function.code.len(), function.n_params as usize);
    if n_insts == 0 {
        return;
    }
    let inst = &mut function.code[dice.below(n_insts as u64) as usize];
    let mut n_operands = 0;
    inst.for_each_operand(|_, _| n_operands += 1);
    let chosen = dice.below(n_operands.max(1));
    let mut position = 0;
    inst.for_each_operand_mut(|_, operand| {
        if position == chosen {
            match operand {
                OperandMut::Reg(reg) => *reg = Reg(index(dice, n_regs)),
                OperandMut::OptReg(reg) => *reg = dice.chance(50).then(|| Reg(index(dice, n_regs))),
                OperandMut::Regs(regs) => {
                    if let Some(reg) = regs.last_mut() {
                        *reg = Reg(index(dice, n_regs));
                    }
                }
                OperandMut::Const(value) => {
                    *value = match dice.below(5) {
                        0 => Const::Unit,
                        1 => Const::Nil,
                        2 => Const::Int(IntIdx(index(dice, n_ints))),
                        3 => Const::Float(FloatIdx(index(dice, n_floats))),
                        _ => Const::Str(StrIdx(index(dice, n_strs))),
                    }
                }
                OperandMut::Param(param) => *param = ParamIdx(index(dice, n_params)),
                OperandMut::Field(field) => *field = FieldIdx(index(dice, 3)),
                OperandMut::Variant(variant) => *variant = VariantIdx(index(dice, 3)),
                OperandMut::Method(method) => *method = MethodIdx(index(dice, 2)),
                OperandMut::Capture(capture) => *capture = CaptureIdx(index(dice, 2)),
                OperandMut::Type(ty) => *ty = TypeIdx(index(dice, n_types)),
                OperandMut::Func(func) => *func = FuncIdx(index(dice, n_functions)),
                OperandMut::Extern(external) => *external = ExternIdx(index(dice, 1)),
                OperandMut::Native(native) => *native = NativeIdx(index(dice, 1)),
                OperandMut::Global(global) => *global = GlobalIdx(index(dice, n_globals)),
                OperandMut::Label(label) => *label = Label(index(dice, n_insts)),
                OperandMut::Labels(labels) => {
                    if let Some(label) = labels.last_mut() {
                        *label = Label(index(dice, n_insts));
                    }
                }
                OperandMut::Imm(imm) => *imm = dice.bits() as i64,
            }
        }
        position += 1;
    });
}
