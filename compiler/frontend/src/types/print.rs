//! Types as people write them.

use super::{BASIC, Kind, Ty, Types, Tys};
use crate::program::Program;

impl Program {
    /// The type as a Vitte program would write it.
    pub(crate) fn show(&self, ty: Ty) -> String {
        let mut out = String::new();
        self.print_type(&self.types, ty, &mut out);
        out
    }

    fn print_type(&self, types: &Types, ty: Ty, out: &mut String) {
        // What nobody would read anyway is cut: such types can grow exponentially.
        if out.len() > 400 {
            if !out.ends_with('…') {
                out.push('…');
            }
            return;
        }
        match types.kind(ty) {
            Kind::Ptr(to) => {
                out.push_str("*const ");
                self.print_type(types, to, out);
            }
            Kind::List(item) => {
                out.push('[');
                self.print_type(types, item, out);
                out.push(']');
            }
            Kind::Map(key, value) => {
                out.push('{');
                self.print_type(types, key, out);
                out.push_str(": ");
                self.print_type(types, value, out);
                out.push('}');
            }
            Kind::Tuple(items) => {
                out.push('(');
                self.print_list(types, items, out);
                out.push(')');
            }
            Kind::Optional(inner) => {
                // `fn() -> int?` gives an optional.
                let gives =
                    matches!(types.kind(inner), Kind::Fn(_, result) | Kind::ExternFn(_, result) if result != Ty::UNIT);
                out.push_str(if gives { "(" } else { "" });
                self.print_type(types, inner, out);
                out.push_str(if gives { ")?" } else { "?" });
            }
            Kind::Fn(params, result) | Kind::ExternFn(params, result) => {
                out.push_str(if matches!(types.kind(ty), Kind::Fn(..)) { "fn(" } else { "extern fn(" });
                self.print_list(types, params, out);
                out.push(')');
                if result != Ty::UNIT {
                    out.push_str(" -> ");
                    self.print_type(types, result, out);
                }
            }
            Kind::Adt(id, args) => {
                out.push_str(&self.adt(id).full_name);
                self.print_args(types, args, out);
            }
            Kind::Trait(id, args) => {
                out.push_str(&self.trait_data(id).full_name);
                self.print_args(types, args, out);
            }
            Kind::Param(_, name) => out.push_str(self.names.text(name)),
            Kind::Infer(_) => out.push('_'),
            kind => out.push_str(BASIC.iter().find(|(basic, _)| *basic == kind).map_or("", |(_, text)| text)),
        }
    }

    fn print_args(&self, types: &Types, args: Tys, out: &mut String) {
        if args != Tys::EMPTY {
            out.push('[');
            self.print_list(types, args, out);
            out.push(']');
        }
    }

    fn print_list(&self, types: &Types, tys: Tys, out: &mut String) {
        for (position, &ty) in types.list(tys).iter().enumerate() {
            if position > 0 {
                out.push_str(", ");
            }
            self.print_type(types, ty, out);
        }
    }
}
