//! The state of a process: one stack of slots for the registers of all frames, and the frames.
//!
//! ```text
//! stack    [ main's slots ][ f's slots ][ g's slots ]     a frame: registers, unwanted result, running closure
//! frames   main             f            g                the last one runs
//! ```

use crate::op::Slot;
use crate::program::{Func, Program};
use vitbc::Label;
use vitte_rt::scheduler::Pause;
use vitte_rt::{Process, Throw, Word};

/// The state of a process.
pub struct Machine {
    pub(crate) process: Box<Process>,
    pub(crate) program: &'static Program,
    pub(crate) stack: Vec<u64>,
    pub(crate) frames: Vec<Frame>,
    /// Where the result of what the process waits for goes.
    pub(crate) awaited: Option<Slot>,
    /// How many frames called C code that called back: those above are the callback's.
    pub(crate) floor: usize,
    /// The number of slots beyond which `StackOverflow` is raised.
    limit: usize,
}

/// A frame.
#[derive(Clone, Copy, Debug)]
pub struct Frame {
    /// Its function.
    pub func: u32,
    /// The instruction that runs; in a frame that waits, the call.
    pub pc: u32,
    /// Where its slots begin.
    pub base: usize,
    /// The slot of the caller that receives the result.
    pub dst: Slot,
}

/// How a turn ends well.
#[derive(Clone, Copy, Debug)]
pub enum Outcome {
    /// The first function has returned these slot bits; its frame stays.
    Returned(u64),
    /// The process can go on later.
    Paused(Pause),
}

/// How a turn ends otherwise. The frames stay as they were.
#[derive(Clone, Copy, Debug)]
pub enum Stop {
    /// Nobody caught this exception.
    Uncaught(Word),
    /// The program exits with this code.
    Exit(i64),
    /// An instruction that is never reached was.
    Trap,
}

/// The slots that a frame's record counts for, when the size of the stack is limited.
const FRAME_SLOTS: usize = size_of::<Frame>() / 8;

impl Machine {
    /// A process that has no frame yet, and may use `stack` bytes.
    pub fn new(process: Box<Process>, program: &'static Program, stack: u64) -> Machine {
        Machine { process, program, stack: vec![], frames: vec![], awaited: None, floor: 0, limit: stack as usize / 8 }
    }

    /// Makes the first frame, for a function whose arguments are the slot bits `args`; `closure` is its function value
    /// if it has captures.
    ///
    /// # Errors
    /// `StackOverflow`.
    pub fn start(&mut self, func: u32, args: &[u64], closure: u64) -> Result<(), Throw> {
        self.push_frame(func, Args { base: 0, first: None, slots: &[] }, 0, closure)?;
        self.stack[..args.len()].copy_from_slice(args);
        Ok(())
    }

    /// The function of a frame.
    pub fn func(&self, frame: &Frame) -> &'static Func {
        &self.program.functions[frame.func as usize]
    }

    /// Makes a frame for `func`, to which the slots `args` of the frame at `base` are passed, and `closure`.
    ///
    /// # Errors
    /// `StackOverflow`.
    pub(crate) fn push_frame(&mut self, func: u32, args: Args<'_>, dst: Slot, closure: u64) -> Result<(), Throw> {
        let callee = &self.program.functions[func as usize];
        let base = self.frames.last().map_or(0, |frame| frame.base + self.func(frame).n_slots as usize);
        let end = base + callee.n_slots as usize;
        if end + self.frames.len() * FRAME_SLOTS > self.limit {
            return Err(self.process.throw_stack_overflow());
        }
        if end > self.stack.len() {
            self.stack.resize(end.next_power_of_two().max(64), 0);
        }
        let (callers, slots) = self.stack.split_at_mut(base);
        let slots = &mut slots[..callee.n_slots as usize];
        let n_args = match args.first {
            Some(word) => {
                slots[0] = word;
                1
            }
            None => 0,
        };
        for (slot, &arg) in slots[n_args..].iter_mut().zip(args.slots) {
            *slot = callers[args.base + usize::from(arg)];
        }
        slots[n_args + args.slots.len()..].fill(0);
        if let Some(slot) = callee.closure {
            slots[usize::from(slot)] = closure;
        }
        self.frames.push(Frame { func, pc: 0, base, dst });
        Ok(())
    }

    /// Turns the running frame into one for `func`.
    ///
    /// # Errors
    /// `StackOverflow`, with the running frame left as it is.
    pub(crate) fn replace_frame(&mut self, func: u32, args: Args<'_>, closure: u64) -> Result<(), Throw> {
        let Some(frame) = self.frames.last().copied() else { unreachable!("a tail call without a frame") };
        // The new frame is made above the old one, whose slots the arguments come from, and then moved down.
        self.push_frame(func, args, frame.dst, closure)?;
        let Some(new) = self.frames.pop() else { unreachable!("a frame was pushed") };
        let n_slots = self.func(&new).n_slots as usize;
        self.stack.copy_within(new.base..new.base + n_slots, frame.base);
        if let Some(running) = self.frames.last_mut() {
            *running = Frame { func, pc: 0, ..frame };
        }
        Ok(())
    }

    /// Collects: every slot of every frame that holds a traced word is a root.
    ///
    /// # Errors
    /// `OutOfMemory`, if too much is alive.
    #[cold]
    pub(crate) fn collect(&mut self) -> Result<(), Throw> {
        let Machine { process, program, stack, frames, .. } = self;
        process.collect(&mut |visit| {
            for frame in frames.iter() {
                for &slot in &program.functions[frame.func as usize].roots {
                    visit(&mut stack[frame.base + usize::from(slot)]);
                }
            }
        })
    }

    /// Where a frame is, for people.
    pub(crate) fn location(&self, frame: &Frame) -> vitte_rt::Location {
        let module = &self.program.module;
        let function = self.program.declared(frame.func);
        let (file, line, column) = match function.line_at(Label(frame.pc)) {
            Some(line) => (module.files[line.file.index()].as_str(), line.line, line.column),
            None => ("", 0, 0),
        };
        vitte_rt::Location { function: &function.name, file, line, column }
    }

    /// Says which function the process is in, for those who ask.
    pub(crate) fn say_function(&self) {
        if let Some(frame) = self.frames.last() {
            self.process.set_function(&self.program.declared(frame.func).name);
        }
    }
}

/// The arguments of a call.
#[derive(Clone, Copy)]
pub(crate) struct Args<'a> {
    /// The frame that the slots belong to.
    pub(crate) base: usize,
    /// A value before those of the slots: the receiver of a method.
    pub(crate) first: Option<u64>,
    /// The slots.
    pub(crate) slots: &'a [Slot],
}
