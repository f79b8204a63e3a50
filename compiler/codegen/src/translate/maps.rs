//! Maps: all but the length by the runtime.

use super::Translator;
use crate::ir::{Op, Region, Value};
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
                let args = self.map_and_key(*map, *key);
                let value = self.helper_of(Helper::vt_map_get, args, self.ty(*dst));
                self.write(*dst, value);
            }
            Inst::MapFind { dst, map, key } => {
                let args = self.map_and_key(*map, *key);
                let value = self.helper(Helper::vt_map_find, args);
                self.write(*dst, value);
            }
            Inst::MapHas { dst, map, key } => {
                let args = self.map_and_key(*map, *key);
                let result = self.helper_bool(Helper::vt_map_has, args);
                self.write(*dst, result);
            }
            Inst::MapSet { map, key, value } => {
                let (_, value_type) = self.map_types(*map);
                let mut args = self.map_and_key(*map, *key);
                let value = self.read(*value);
                args.push(self.slot_of(value, value_type));
                self.helper_effect(Helper::vt_map_set, args);
            }
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
