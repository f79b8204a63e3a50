//! Puts the ways out of loops aside.
//!
//! The code generator puts what moves values on an edge, if it belongs to that edge alone, right behind the branch. If
//! the edge leaves a loop in the middle, what goes on would jump over that each time round. So such an edge gets a
//! block of its own, off the usual path.

use crate::ir::cfg::{Cfg, Dominators, Loops};
use crate::ir::{Function, Jump, Terminator};

/// Gives edges that leave loops in the middle blocks of their own; their number.
pub(super) fn move_exits(func: &mut Function) -> u64 {
    let cfg = Cfg::new(func);
    let loops = Loops::new(&cfg, &Dominators::new(&cfg));
    let mut count = 0;
    for &block in &cfg.order {
        let Some(index) = loops.innermost(block) else { continue };
        let data = &func.blocks[block];
        let Terminator::Branch(_, then, other) = &data.term else { continue };
        let stays = loops.contains(index, then.block);
        let (stay, exit) = if stays { (then, other) } else { (other, then) };
        let goes_on = stay.block != loops.loops[index].header && loops.contains(index, stay.block);
        if data.cold || !goes_on || loops.contains(index, exit.block) || cfg.preds[exit.block].len() < 2 {
            continue;
        }
        let (to, loc) = (exit.clone(), data.term_loc);
        let aside = func.add_block();
        let data = &mut func.blocks[aside];
        (data.cold, data.term, data.term_loc) = (true, Terminator::Jump(to), loc);
        if let Terminator::Branch(_, then, other) = &mut func.blocks[block].term {
            *(if stays { other } else { then }) = Jump::to(aside);
        }
        count += 1;
    }
    count
}

#[cfg(test)]
mod tests {
    use crate::passes::testing::{improved, on_list};

    #[test]
    fn an_exit_in_the_middle_is_put_aside() {
        let code = |test: &str| {
            format!(
                "LOAD_CONST r0, 0\nLOAD_CONST r1, 0\nLOAD_CONST r3, 3\ntop:\nLT r6, r1, n\nIF_NOT r6, out\n\
                 MUL r0, r0, r3\nPRINT r0\n{test}\nADD r1, r1, r3\nJUMP top\nout:\nSUB r0, r0, r1\nRETURN r0"
            )
        };
        let (_, stats) = improved(&on_list(&code("EQ r6, r0, n\nIF r6, out")));
        assert_eq!(stats.0.get("loops.exits"), Some(&1));
        let (_, stats) = improved(&on_list(&code("")));
        assert_eq!(stats.0.get("loops.exits"), None);
    }
}
