//! What of a program is ever executed: only that becomes code.

use crate::dispatch::Dispatch;
use crate::env::Env;
use crate::exports;
use crate::ir::{self, Op, Terminator};
use crate::symbol::{Entry, Symbol};
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;
use vitbc::{ExportItem, FuncIdx};

/// The code of a program, in the order of the text: what its entry function reaches, or, without one, its
/// exports; of a library, what C calls.
pub fn reach(env: &Env<'_>, dispatch: &Dispatch, functions: &FxHashMap<FuncIdx, &ir::Function>) -> Vec<Symbol> {
    let mut found = BTreeSet::new();
    let mut pending = Vec::new();
    let mut add = |symbol: Symbol, pending: &mut Vec<Symbol>| {
        if found.insert(symbol) {
            pending.push(symbol);
        }
    };
    match env.module.entry {
        _ if env.library => {
            for export in exports::callable(env.module) {
                add(Symbol::Export(export.position), &mut pending);
                add(Symbol::CallbackBody(export.func), &mut pending);
            }
            add(Symbol::Entry(Entry::CallClosure), &mut pending);
        }
        Some(entry) => {
            add(Symbol::Function(entry), &mut pending);
            for entry in Entry::ALL {
                add(Symbol::Entry(entry), &mut pending);
            }
        }
        None => {
            for export in &env.module.exports {
                if let ExportItem::Func(func) = export.item {
                    add(Symbol::Function(func), &mut pending);
                }
            }
        }
    }
    while let Some(symbol) = pending.pop() {
        match symbol {
            Symbol::Function(func) => {
                uses(env, dispatch, functions[&func], &mut |symbol| add(symbol, &mut pending));
            }
            Symbol::Callback(func) => add(Symbol::CallbackBody(func), &mut pending),
            Symbol::WithoutClosure(func) | Symbol::UnboxReceiver(func) | Symbol::CallbackBody(func) => {
                add(Symbol::Function(func), &mut pending);
            }
            _ => {}
        }
    }
    found.into_iter().collect()
}

/// The code that a function refers to.
fn uses(env: &Env<'_>, dispatch: &Dispatch, function: &ir::Function, add: &mut dyn FnMut(Symbol)) {
    let mut visit = |inst: ir::Inst| {
        let data = &function.insts[inst];
        match data.op {
            Op::Call(func) => add(Symbol::Function(func)),
            Op::NewClosure(func) if data.args.is_empty() => add(Symbol::WithoutClosure(func)),
            Op::NewClosure(func) => add(Symbol::Function(func)),
            Op::Callback(func) => add(Symbol::Callback(func)),
            Op::CallMethod(trait_ty, method) => {
                if let Some((Symbol::Dispatch(table), _)) = dispatch.table(trait_ty, method) {
                    dispatch.entries(env, table).for_each(|(_, symbol)| add(symbol));
                }
            }
            _ => {}
        }
    };
    for &block in &function.layout {
        let data = &function.blocks[block];
        data.insts.iter().for_each(|&inst| visit(inst));
        if let Terminator::Try { inst, .. } = data.term {
            visit(inst);
        }
    }
    for &block in &function.layout {
        if let Terminator::TailCall(func, _) = function.blocks[block].term {
            add(Symbol::Function(func));
        }
    }
}
