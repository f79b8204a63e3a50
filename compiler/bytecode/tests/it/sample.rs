//! A module that holds one instruction of each row of the table, so that a new row is covered as soon as it is there.
//! It is well-formed: every index is in range. It would not verify, as its registers have arbitrary types.

use vitbc::inst::{Kind, OperandInfo, OperandSource};
use vitbc::types::*;
use vitbc::*;

/// Registers of the function that holds the instructions.
const N_REGS: u32 = 300;

/// Gives operands that vary from one instruction to the next.
struct Dice {
    next: u32,
    n_insts: u32,
}

impl Dice {
    fn below(&mut self, limit: u32) -> u32 {
        self.next += 1;
        (self.next * 7) % limit
    }
}

impl OperandSource for Dice {
    type Error = std::convert::Infallible;

    fn reg(&mut self, _: &OperandInfo) -> Result<Reg, Self::Error> {
        Ok(Reg(self.below(N_REGS)))
    }

    fn opt_reg(&mut self, _: &OperandInfo) -> Result<Option<Reg>, Self::Error> {
        Ok((!self.next.is_multiple_of(3)).then(|| Reg(self.below(N_REGS))))
    }

    fn regs(&mut self, info: &OperandInfo) -> Result<Box<[Reg]>, Self::Error> {
        (0..self.next % 4).map(|_| self.reg(info)).collect()
    }

    fn constant(&mut self, _: &OperandInfo) -> Result<Const, Self::Error> {
        Ok(Const::Int(IntIdx(self.below(2))))
    }

    fn index(&mut self, info: &OperandInfo) -> Result<u32, Self::Error> {
        Ok(match info.kind {
            Kind::Param => self.below(2),
            Kind::Type => self.below(40),
            Kind::Func => self.below(3),
            Kind::Extern | Kind::Native | Kind::Global => 0,
            // Positions of fields, variants, methods and captures.
            _ => self.below(3),
        })
    }

    fn label(&mut self, _: &OperandInfo) -> Result<Label, Self::Error> {
        Ok(Label(self.below(self.n_insts)))
    }

    fn labels(&mut self, info: &OperandInfo) -> Result<Box<[Label]>, Self::Error> {
        (0..3).map(|_| self.label(info)).collect()
    }

    fn imm(&mut self, _: &OperandInfo) -> Result<i64, Self::Error> {
        Ok([0, 1, -1, i64::MIN, i64::MAX][self.below(5) as usize])
    }
}

/// All rows, three times each with other operands.
fn code() -> Vec<Inst> {
    let rows: Vec<Opcode> = [Opcode::ALL, Opcode::ALL, Opcode::ALL].concat();
    let mut dice = Dice { next: 0, n_insts: rows.len() as u32 };
    let inst = |&opcode: &Opcode| Inst::read(opcode, &mut dice).unwrap_or_else(|never| match never {});
    rows.iter().map(inst).chain([Inst::Return { value: None }]).collect()
}

fn field(name: &str, ty: TypeIdx) -> Field {
    Field { name: name.into(), ty }
}

fn signature(params: &[TypeIdx], result: TypeIdx) -> Signature {
    Signature { params: params.into(), result }
}

/// The module. Everything that a module can hold stands in it.
pub fn sample() -> Module {
    let mut module = Module::new("sample");
    let ty = |position: u32| TypeIdx(TypeIdx::FIRST_USER.0 + position);
    module.types.extend([
        Type::List(TypeIdx::INT),
        Type::Map(TypeIdx::STR, ty(0)),
        Type::Tuple([TypeIdx::INT, TypeIdx::STR, ty(1)].into()),
        Type::Optional(TypeIdx::INT),
        Type::Fn(signature(&[TypeIdx::INT, ty(3)], TypeIdx::UNIT)),
        Type::Struct(StructType {
            name: "geometry.Point".into(),
            fields: [field("x", TypeIdx::FLOAT), field("next", ty(7))].into(),
        }),
        Type::Enum(EnumType {
            name: "Shape".into(),
            variants: [
                VariantType { name: "Circle".into(), fields: [field("", TypeIdx::FLOAT)].into() },
                VariantType { name: "Rect".into(), fields: [field("w", TypeIdx::FLOAT), field("h", ty(5))].into() },
                VariantType { name: "Empty".into(), fields: [].into() },
            ]
            .into(),
        }),
        Type::Optional(ty(5)),
        Type::Trait(TraitType {
            name: "Area".into(),
            methods: [MethodType { name: "area".into(), signature: signature(&[], TypeIdx::FLOAT) }].into(),
        }),
    ]);
    module.impls = vec![Impl { trait_ty: ty(8), ty: ty(6), methods: [FuncIdx(1)].into() }];
    module.ints = vec![i64::MIN, 42];
    module.floats = vec![f64::NAN.to_bits(), (-0.0f64).to_bits(), 1.5f64.to_bits()];
    module.strs = vec![String::new(), "a\n\"ü\u{1F409}".to_owned()];
    module.data = vec![vec![], vec![0, 255, b'a']];
    module.imports = vec![Import {
        module: "geometry".to_owned(),
        name: "area".to_owned(),
        signature: signature(&[TypeIdx::INT], TypeIdx::INT),
    }];
    module.externs = vec![Extern {
        library: "m".to_owned(),
        symbol: "printf".to_owned(),
        signature: signature(&[TypeIdx::STR], TypeIdx::I32),
        variadic: true,
        blocking: true,
    }];
    module.natives =
        vec![Native { name: "str_find".to_owned(), signature: signature(&[TypeIdx::STR, TypeIdx::STR], ty(3)) }];
    module.globals = vec![Global { name: "LIMIT".to_owned(), ty: TypeIdx::INT, value: Const::Int(IntIdx(1)) }];
    let code = code();
    let n_insts = code.len() as u32;
    module.functions = vec![
        Function {
            name: "all".to_owned(),
            n_params: 2,
            regs: (0..N_REGS).map(|position| TypeIdx(position % 18)).collect(),
            result: TypeIdx::ANY,
            captures: vec![TypeIdx::INT, TypeIdx::STR],
            code,
            handlers: vec![
                Handler {
                    start: Label(1),
                    end: Label(3),
                    target: Label(5),
                    reg: Reg(14),
                    filter: Some(TypeIdx::FIRST_ERROR),
                },
                Handler { start: Label(0), end: Label(n_insts), target: Label(0), reg: Reg(14), filter: None },
            ],
            lines: vec![
                Line { at: Label(0), file: FileIdx(1), line: 7, column: 3 },
                Line { at: Label(2), file: FileIdx(0), line: 1, column: 0 },
            ],
            reg_names: vec![(Reg(0), "x".to_owned()), (Reg(20), "sum".to_owned())],
        },
        Function {
            name: "malloc".to_owned(),
            result: TypeIdx::UNIT,
            code: vec![Inst::Return { value: None }],
            ..Function::default()
        },
    ];
    module.exports = vec![
        Export { name: "all".to_owned(), item: ExportItem::Func(FuncIdx(1)) },
        Export { name: "limit".to_owned(), item: ExportItem::Global(GlobalIdx(0)) },
    ];
    module.entry = Some(FuncIdx(2));
    module.files = vec!["a.vit".to_owned(), "b.vit".to_owned()];
    module.meta = vec![("compiler".to_owned(), "test".to_owned())];
    module.foreign = true;
    module
}
