//! Maps. Where the key is a scalar or a string the runtime only tells where its entry stands, which is known until keys
//! come or go; the value is then read and written in line. The rest is the runtime's.

use super::Translator;
use crate::ir::{IntCond, Jump, Op, Region, Terminator, Value};
use vitbc::{Inst, Reg, Type, TypeIdx};
use vitte_abi::functions::Helper;
use vitte_abi::object::{Repr, offset};

impl Translator<'_> {
    pub(super) fn map(&mut self, inst: &Inst) {
        match inst {
            Inst::MapNew { dst } => {
                let id = self.type_id(self.ty(*dst));
                let map = self.helper(Helper::vt_map_new, vec![id]);
                self.write(*dst, map);
            }
            Inst::MapLen { dst, map } => {
                let map = self.read(*map);
                let len = self.value(Op::Load(Repr::I64, offset::MAP_LEN, Region::MapLen), vec![map], Repr::I64);
                self.write(*dst, len);
            }
            Inst::MapGet { dst, map, key } => {
                let value = self.map_get(*map, *key);
                self.write(*dst, value);
            }
            Inst::MapFind { dst, map, key } => {
                let value = self.map_find(*map, *key);
                self.write(*dst, value);
            }
            Inst::MapHas { dst, map, key } => {
                let result = match self.map_place(*map, *key) {
                    Some(place) => self.is_place(place),
                    None => {
                        let args = self.map_and_key(*map, *key);
                        self.helper_bool(Helper::vt_map_has, args)
                    }
                };
                self.write(*dst, result);
            }
            Inst::MapSet { map, key, value } => self.map_set(*map, *key, *value),
            Inst::MapRemove { dst, map, key } => {
                let args = self.map_and_key(*map, *key);
                let result = self.helper_bool(Helper::vt_map_remove, args);
                self.write(*dst, result);
            }
            Inst::MapNext { dst, map, pos } => {
                let args = vec![self.read(*map), self.read(*pos)];
                let next = self.helper(Helper::vt_map_next, args);
                self.write(*dst, next);
            }
            Inst::MapKeyAt { dst, map, pos } => {
                let args = vec![self.read(*map), self.read(*pos)];
                let key = self.helper_of(Helper::vt_map_key_at, args, self.ty(*dst));
                self.write(*dst, key);
            }
            Inst::MapValueAt { dst, map, pos } => {
                let args = vec![self.read(*map), self.read(*pos)];
                let value = self.helper_of(Helper::vt_map_value_at, args, self.ty(*dst));
                self.write(*dst, value);
            }
            Inst::MapClear { map } => {
                let map = self.read(*map);
                self.helper_effect(Helper::vt_map_clear, vec![map]);
            }
            other => unreachable!("not about maps: {other:?}"),
        }
    }

    fn map_get(&mut self, map: Reg, key: Reg) -> Value {
        let (_, value_type) = self.map_types(map);
        let args = self.map_and_key(map, key);
        let Some(place) = self.map_place(map, key) else {
            return self.helper_of(Helper::vt_map_get, args, value_type);
        };
        self.found_or(
            map,
            place,
            |_, value| value,
            |translator| {
                translator.func.blocks[translator.block].cold = true;
                translator.helper_of(Helper::vt_map_get, args, value_type)
            },
        )
    }

    fn map_find(&mut self, map: Reg, key: Reg) -> Value {
        let (_, value_type) = self.map_types(map);
        let Some(place) = self.map_place(map, key) else {
            let args = self.map_and_key(map, key);
            return self.helper(Helper::vt_map_find, args);
        };
        self.found_or(map, place, |translator, value| translator.word_of(value, value_type), Self::nil)
    }

    /// ```text
    ///        is there a place?  ──no─▶  other
    ///              │yes                   │
    ///              └──▶ load ──▶ done ◀───┘
    /// ```
    fn found_or(
        &mut self,
        map: Reg,
        place: Value,
        found: impl FnOnce(&mut Self, Value) -> Value,
        other: impl FnOnce(&mut Self) -> Value,
    ) -> Value {
        let (_, value_type) = self.map_types(map);
        let repr = self.env.layout.repr(value_type);
        let is_there = self.is_place(place);
        let from = self.block;
        let hit = self.new_block();
        self.block = hit;
        let values = self.map_values(map);
        let value = self.value(Op::LoadItem(repr), vec![values, place], repr);
        let value = found(self, value);
        let after_hit = self.block;
        self.block = from;
        let missed = self.new_block();
        self.end(Terminator::Branch(is_there, Jump::to(hit), Jump::to(missed)));
        self.block = missed;
        let without = other(self);
        let done = self.new_block();
        self.end(Terminator::Jump(Jump::with(done, [without])));
        self.block = after_hit;
        self.end(Terminator::Jump(Jump::with(done, [value])));
        debug_assert_eq!(self.func.repr(value), self.func.repr(without));
        let repr = self.func.repr(value);
        self.block = done;
        self.func.add_param(done, repr)
    }

    fn map_set(&mut self, map: Reg, key: Reg, value: Reg) {
        let (_, value_type) = self.map_types(map);
        let mut args = self.map_and_key(map, key);
        let place = self.map_place(map, key);
        let value = self.read(value);
        args.push(self.slot_of(value, value_type));
        let Some(place) = place else { return self.helper_effect(Helper::vt_map_set, args) };
        let is_there = self.is_place(place);
        let from = self.block;
        let hit = self.new_block();
        self.block = hit;
        let values = self.map_values(map);
        self.store_item(values, place, value);
        self.block = from;
        let missed = self.new_block();
        self.end(Terminator::Branch(is_there, Jump::to(hit), Jump::to(missed)));
        self.block = missed;
        self.helper_effect(Helper::vt_map_set, args);
        let done = self.new_block();
        self.end(Terminator::Jump(Jump::to(done)));
        self.block = hit;
        self.end(Terminator::Jump(Jump::to(done)));
        self.block = done;
    }

    /// Where the entry of a key stands, or -1; `None` for keys and values that are left to the runtime.
    fn map_place(&mut self, map: Reg, key: Reg) -> Option<Value> {
        let (key_type, value_type) = self.map_types(map);
        let helper = match self.env.layout.repr(key_type) {
            Repr::Ref if key_type == TypeIdx::STR => Helper::vt_map_place_str,
            Repr::Ref | Repr::Unit => return None,
            _ => Helper::vt_map_place,
        };
        if self.env.layout.repr(value_type) == Repr::Unit {
            return None;
        }
        let args = self.map_and_key(map, key);
        Some(self.helper(helper, args))
    }

    fn is_place(&mut self, place: Value) -> Value {
        let zero = self.int(Repr::I64, 0);
        self.icmp(IntCond::Sge, place, zero)
    }

    /// The buffer of the values of a map that has entries.
    fn map_values(&mut self, map: Reg) -> Value {
        let map = self.read(map);
        self.value(Op::Load(Repr::Ref, offset::MAP_VALUES, Region::MapPlaces), vec![map], Repr::Ref)
    }

    fn map_types(&self, map: Reg) -> (TypeIdx, TypeIdx) {
        match *self.env.module.ty(self.ty(map)) {
            Type::Map(key, value) => (key, value),
            ref other => unreachable!("verified: {map} is a map, not {other:?}"),
        }
    }

    fn map_and_key(&mut self, map: Reg, key: Reg) -> Vec<Value> {
        let (key_type, _) = self.map_types(map);
        let (map, key) = (self.read(map), self.read(key));
        vec![map, self.slot_of(key, key_type)]
    }
}
