//! The runtime's functions that random programs call: those that depend on their arguments only.

use super::frame::Frame;
use super::world::World;
use vitbc::{Inst, Native, NativeIdx, Reg, Signature, Type, TypeIdx};
use vitte_abi::functions::{ArgType, FnEffect, FnInfo, NativeFn};

/// Whether equal arguments give equal results, on every machine.
fn is_pure(info: &FnInfo) -> bool {
    let [writes, waits, leaf] = [FnEffect::Writes, FnEffect::Waits, FnEffect::Leaf].map(|effect| info.has(effect));
    // The mathematics of the C library may differ in the last bit; the command line is the caller's.
    !writes && !waits && !leaf && info.symbol != "vt_args"
}

/// Declares some natives, and one that asks for a collection.
pub fn declare(world: &mut World) {
    let mut chosen: Vec<NativeFn> = NativeFn::ALL.iter().copied().filter(|native| is_pure(native.info())).collect();
    while chosen.len() > 8 {
        let gone = world.dice.below(chosen.len() as u64) as usize;
        chosen.swap_remove(gone);
    }
    chosen.push(NativeFn::vt_gc_collect);
    for native in chosen {
        let info = native.info();
        let params: Option<Box<[TypeIdx]>> = info.args.iter().map(|&(_, ty)| type_of(world, ty)).collect();
        let (Some(params), Some(result)) = (params, type_of(world, info.result)) else { continue };
        for ty in params.iter().copied().chain([result]) {
            if ty != TypeIdx::UNIT && !world.values.contains(&ty) {
                world.values.push(ty);
            }
        }
        let signature = Signature { params, result };
        world.module.natives.push(Native { name: native.name().to_owned(), signature });
    }
}

fn type_of(world: &mut World, ty: ArgType) -> Option<TypeIdx> {
    Some(match ty {
        ArgType::Unit => TypeIdx::UNIT,
        ArgType::Bool => TypeIdx::BOOL,
        ArgType::Int => TypeIdx::INT,
        ArgType::Float => TypeIdx::FLOAT,
        ArgType::Str => TypeIdx::STR,
        ArgType::Bytes => TypeIdx::BYTES,
        ArgType::Any => TypeIdx::ANY,
        ArgType::ListStr => world.intern(Type::List(TypeIdx::STR)),
        ArgType::ListInt => world.intern(Type::List(TypeIdx::INT)),
        ArgType::OptInt => world.intern(Type::Optional(TypeIdx::INT)),
        ArgType::OptFloat => world.intern(Type::Optional(TypeIdx::FLOAT)),
        ArgType::OptStr => world.intern(Type::Optional(TypeIdx::STR)),
        ArgType::ListPid | ArgType::OptPid => return None,
        ArgType::Never | ArgType::Pid | ArgType::MonitorRef | ArgType::Ptr => return None,
        ArgType::Ref | ArgType::Bits | ArgType::Type => return None,
    })
}

impl Frame<'_> {
    /// The result of a native.
    pub fn native(&mut self, ty: TypeIdx, depth: u32) -> Option<Reg> {
        let natives = &self.world.module.natives;
        let fitting: Vec<usize> = (0..natives.len()).filter(|&native| natives[native].signature.result == ty).collect();
        if fitting.is_empty() {
            return None;
        }
        let native = *self.world.dice.pick(&fitting);
        let params = self.world.module.natives[native].signature.params.clone();
        let args = params.iter().map(|&param| self.argument(param, depth)).collect();
        let dst = self.new_reg(ty);
        self.emit(Inst::CallNative { dst: Some(dst), native: NativeIdx::new(native), args });
        if ty == TypeIdx::STR {
            self.shorten(dst);
        }
        Some(dst)
    }

    /// A number for a native is a length, a radix, a code point: small, or it would ask for much memory.
    fn argument(&mut self, ty: TypeIdx, depth: u32) -> Reg {
        if ty != TypeIdx::INT {
            return self.value(ty, depth);
        }
        const NUMBERS: &[i64] = &[0, 0, 1, 2, 3, 10, 16, 36, 37, 65, -1];
        let number = *self.world.dice.pick(NUMBERS);
        self.int(number)
    }

    /// Asks for a collection.
    pub fn collect(&mut self) {
        // It is declared last.
        let native = NativeIdx::new(self.world.module.natives.len() - 1);
        self.emit(Inst::CallNative { dst: None, native, args: Box::new([]) });
    }
}
