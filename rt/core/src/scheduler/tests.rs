//! Processes whose bodies are small state machines in Rust.

use super::*;
use crate::mailbox::{receive_peek, receive_skip, receive_take, receive_wait, self_pid, send, sleep, spawn};
use crate::object::Str;
use crate::testing::Types;
use crate::{Options, Throw, Word};
use std::cell::RefCell;
use std::rc::Rc;
use vitte_abi::object::type_id;

/// What a process does at each of its turns.
type Step = Box<dyn FnMut(&mut Process) -> Result<Turn, Throw>>;

struct Script {
    process: Box<Process>,
    step: Step,
}

impl Body for Script {
    fn resume(&mut self) -> Turn {
        match (self.step)(&mut self.process) {
            Ok(turn) => turn,
            Err(throw) => {
                self.process.begin_trace(throw.exception(), false);
                self.process.set_exception(throw.exception());
                Turn::Failed
            }
        }
    }

    fn process(&mut self) -> &mut Process {
        &mut self.process
    }

    fn trace(&mut self) {
        self.process.begin_trace(Word::NIL, false);
    }
}

/// Runs a main process; a spawned one gets its step from `steps`, by the int in its closure's place.
fn run_script(main: Step, steps: Vec<fn() -> Step>) -> Ending {
    let runtime = Runtime::new(Types::new().table(), Options::default(), Vec::new());
    runtime.scheduler().set_spawner(Box::new(move |process, letter| {
        let number = Str::of(letter.open(&process).object(&process).unwrap()).as_str().parse::<usize>().unwrap();
        Box::new(Script { process, step: steps[number]() })
    }));
    run(runtime, &mut Script { process: Process::new(runtime), step: main })
}

fn start(p: &Process, number: usize, link: bool) -> Pid {
    spawn(p, p.new_str(&number.to_string()).object(), i64::from(link)).unwrap()
}

fn int(p: &Process, value: i64) -> Word {
    p.any(type_id::INT, value as u64)
}

/// The turn that ends because the row that ran wants it to, if it does.
fn pause(p: &Process) -> Option<Turn> {
    p.pause().map(Turn::Paused)
}

/// One message, if there is one; else the pause to wait for it.
fn receive(p: &Process) -> Result<i64, Turn> {
    if !receive_wait(p, -1).unwrap() {
        return Err(pause(p).unwrap());
    }
    assert!(receive_peek(p));
    let value = Word(p.result()).bits(p) as i64;
    receive_take(p);
    Ok(value)
}

#[test]
fn messages_go_back_and_forth() {
    // The other process adds one and sends back, to whom it was told first.
    fn adder() -> Step {
        let mut to = None;
        Box::new(move |p| {
            loop {
                match (receive(p), to) {
                    (Err(turn), _) => return Ok(turn),
                    (Ok(pid), None) => to = Some(pid as Pid),
                    (Ok(-1), _) => return Ok(Turn::Returned),
                    (Ok(value), Some(to)) => send(p, to, int(p, value + 1))?,
                }
            }
        })
    }
    let mut other = None;
    let mut expected = 0;
    let ending = run_script(
        Box::new(move |p| {
            let other = *other.get_or_insert_with(|| {
                let other = start(p, 0, false);
                send(p, other, int(p, self_pid(p) as i64)).unwrap();
                send(p, other, int(p, 0)).unwrap();
                other
            });
            loop {
                match receive(p) {
                    Err(turn) => return Ok(turn),
                    Ok(value) => {
                        expected += 1;
                        assert_eq!(value, expected);
                        send(p, other, int(p, if value == 1000 { -1 } else { value }))?;
                        if value == 1000 {
                            return Ok(Turn::Returned);
                        }
                    }
                }
            }
        }),
        vec![adder],
    );
    assert_eq!(ending, Ending::Returned);
}

#[test]
fn receives_are_selective_and_messages_survive_collections() {
    let ending = run_script(
        Box::new(|p| {
            for value in 0..10 {
                let text = p.new_str(&format!("message {value}")).object().word();
                send(p, MAIN, text)?;
            }
            // Takes the odd ones, then the others.
            let mut order = Vec::new();
            for wanted in [1, 3, 5, 7, 9, 0, 2, 4, 6, 8] {
                loop {
                    assert!(receive_wait(p, 0)?);
                    assert!(receive_peek(p));
                    let text = Str::of(Word(p.result()).object(p).unwrap()).as_str();
                    if text == format!("message {wanted}") {
                        order.push(wanted);
                        receive_take(p);
                        break;
                    }
                    receive_skip(p);
                    p.request_collection(true);
                    p.collect(&mut |_| {})?;
                }
            }
            assert_eq!(order.len(), 10);
            assert!(!receive_peek(p) && !receive_wait(p, 0)?);
            Ok(Turn::Returned)
        }),
        vec![],
    );
    assert_eq!(ending, Ending::Returned);
}

#[test]
fn waits_end_in_time() {
    let began = Instant::now();
    let mut state = 0;
    let ending = run_script(
        Box::new(move |p| {
            state += 1;
            match state {
                1 => {
                    assert!(!receive_wait(p, 20)?);
                    Ok(pause(p).unwrap())
                }
                2 => {
                    assert_eq!(p.result(), 0, "nobody sent anything");
                    sleep(p, 20)?;
                    Ok(pause(p).unwrap())
                }
                3 => {
                    start(p, 0, false);
                    assert!(!receive_wait(p, 10_000)?);
                    Ok(pause(p).unwrap())
                }
                _ => {
                    assert_eq!(p.result(), 1);
                    Ok(Turn::Returned)
                }
            }
        }),
        vec![|| {
            Box::new(|p| {
                send(p, MAIN, int(p, 1))?;
                Ok(Turn::Returned)
            })
        }],
    );
    assert_eq!(ending, Ending::Returned);
    assert!(began.elapsed().as_millis() >= 40 && began.elapsed().as_secs() < 5);
}

fn fails() -> Step {
    Box::new(|p| Err(p.throw_divide()))
}

#[test]
fn processes_fail_alone_unless_they_are_linked() {
    let once = |link| {
        let mut state = 0;
        run_script(
            Box::new(move |p| {
                state += 1;
                if state == 1 {
                    start(p, 0, link);
                    return Ok(Turn::Paused(Pause::Yielding));
                }
                Ok(Turn::Returned)
            }),
            vec![fails],
        )
    };
    assert_eq!(once(false), Ending::Returned);
    assert_eq!(once(true), Ending::Failed("error: uncaught DivideByZero: division by zero\n".into()));
}

thread_local! {
    static LOG: RefCell<Vec<&'static str>> = const { RefCell::new(Vec::new()) };
}

#[test]
fn failures_follow_links() {
    // 0 links to 1, which links to 2, which fails: 0 and 1, which wait, never wake.
    fn middle(next: usize) -> Step {
        let mut started = false;
        Box::new(move |p| {
            if !started {
                started = true;
                start(p, next, true);
            } else {
                LOG.with_borrow_mut(|log| log.push("woke"));
            }
            receive_wait(p, -1)?;
            Ok(pause(p).unwrap())
        })
    }
    let mut started = false;
    let ending = run_script(
        Box::new(move |p| {
            if !started {
                started = true;
                start(p, 0, false);
            } else if p.runtime().scheduler().pids().len() == 1 {
                return Ok(Turn::Returned);
            }
            sleep(p, 1)?;
            Ok(pause(p).unwrap())
        }),
        vec![|| middle(1), || middle(2), fails],
    );
    assert_eq!(ending, Ending::Returned);
    LOG.with_borrow(|log| assert_eq!(log.len(), 0));
}

#[test]
fn a_deadlock_is_reported() {
    let ending = run_script(
        Box::new(|p| {
            receive_wait(p, -1)?;
            Ok(pause(p).unwrap())
        }),
        vec![],
    );
    assert_eq!(ending, Ending::Failed("error: deadlock: all processes wait for messages\nprocess 1:\n".into()));
}

#[test]
fn turns_end() {
    let mut turns = 0;
    let ending = run_script(
        Box::new(move |p| {
            turns += 1;
            start(p, 0, false);
            let began = Instant::now();
            while !p.yield_due() {
                assert!(began.elapsed().as_secs() < 10, "the clock ticks");
                std::hint::spin_loop();
            }
            Ok(if turns == 3 { Turn::Returned } else { Turn::Paused(Pause::Yielding) })
        }),
        vec![|| Box::new(|_| Ok(Turn::Returned))],
    );
    assert_eq!(ending, Ending::Returned);
}

#[test]
fn a_seed_repeats_a_run() {
    fn turns(seed: u64) -> Vec<(Pid, u32)> {
        let options = Options { seed: Some(seed), ..Options::default() };
        let runtime = Runtime::new(Types::new().table(), options, Vec::new());
        let log = Rc::new(RefCell::new(Vec::new()));
        let step = |log: &Rc<RefCell<Vec<(Pid, u32)>>>, lives: u32| -> Step {
            let (log, mut lives, mut started) = (log.clone(), lives, false);
            Box::new(move |p| {
                if !started && p.pid() == MAIN {
                    start(p, 0, false);
                }
                started = true;
                let mut n = 1;
                while !p.yield_due() {
                    n += 1;
                }
                log.borrow_mut().push((p.pid(), n));
                lives -= 1;
                Ok(if lives == 0 { Turn::Returned } else { Turn::Paused(Pause::Yielding) })
            })
        };
        let main = step(&log, 20);
        let other = log.clone();
        runtime
            .scheduler()
            .set_spawner(Box::new(move |process, _| Box::new(Script { process, step: step(&other, 5) })));
        let ending = run(runtime, &mut Script { process: Process::new(runtime), step: main });
        assert_eq!(ending, Ending::Returned);
        log.take()
    }
    let first = turns(7);
    assert_eq!(first.len(), 25);
    assert_eq!(first, turns(7));
    assert_ne!(first, turns(8));
}

type SharedStep = Box<dyn FnMut(&Process) -> Result<Turn, Throw> + Send>;

/// A process that may run on any thread.
struct Runner {
    process: Box<Process>,
    step: SharedStep,
}

impl Body for Runner {
    fn resume(&mut self) -> Turn {
        (self.step)(&self.process).expect("nothing is thrown")
    }

    fn process(&mut self) -> &mut Process {
        &mut self.process
    }

    fn trace(&mut self) {
        self.process.begin_trace(Word::NIL, false);
    }
}

#[test]
fn workers_share_the_processes() {
    const CHILDREN: usize = 200;
    const ROUNDS: i64 = 50;
    // Each child, once told to begin, sends numbers to the next one, waits for as many, and tells the main process.
    let options = Options { threads: std::num::NonZero::new(3), ..Options::default() };
    let runtime = Runtime::new(Types::new().table(), options, Vec::new());
    runtime.scheduler().maker.set(Maker::Anywhere(Box::new(|process, _| {
        let (mut sent, mut got) = (0, -1);
        let next = if process.pid() == CHILDREN as Pid + 1 { 2 } else { process.pid() + 1 };
        let step = move |p: &Process| {
            loop {
                if sent == got && sent < ROUNDS {
                    sent += 1;
                    send(p, next, int(p, sent))?;
                }
                match receive(p) {
                    Err(turn) => return Ok(turn),
                    Ok(number) => assert_eq!(number, got + 1),
                }
                got += 1;
                if got == ROUNDS {
                    send(p, MAIN, int(p, 1))?;
                    return Ok(Turn::Returned);
                }
                if got % 7 == 0 {
                    return Ok(Turn::Paused(Pause::Yielding));
                }
            }
        };
        Box::new(Runner { process, step: Box::new(step) })
    })));
    let (mut started, mut ended) = (false, 0);
    let step = move |p: &mut Process| {
        if !started {
            started = true;
            // They begin once all are there.
            let children: Vec<Pid> = (0..CHILDREN).map(|_| start(p, 0, false)).collect();
            for child in children {
                send(p, child, int(p, 0))?;
            }
        }
        while ended < CHILDREN {
            match receive(p) {
                Err(turn) => return Ok(turn),
                Ok(number) => ended += number as usize,
            }
        }
        Ok(Turn::Returned)
    };
    let ending = run(runtime, &mut Script { process: Process::new(runtime), step: Box::new(step) });
    assert_eq!(ending, Ending::Returned);
}

#[test]
fn a_deadlock_of_several_workers_is_reported() {
    let options = Options { threads: std::num::NonZero::new(2), ..Options::default() };
    let runtime = Runtime::new(Types::new().table(), options, Vec::new());
    runtime.scheduler().maker.set(Maker::Anywhere(Box::new(|process, _| {
        let step = |p: &Process| receive(p).map_or_else(Ok, |_| Ok(Turn::Returned));
        Box::new(Runner { process, step: Box::new(step) })
    })));
    let mut started = false;
    let step = move |p: &mut Process| {
        if !std::mem::replace(&mut started, true) {
            for _ in 0..10 {
                start(p, 0, false);
            }
        }
        receive(p).map_or_else(Ok, |_| Ok(Turn::Returned))
    };
    let ending = run(runtime, &mut Script { process: Process::new(runtime), step: Box::new(step) });
    let Ending::Failed(report) = ending else { panic!("it did not fail") };
    let lines: Vec<&str> = report.lines().collect();
    assert_eq!(lines[0], "error: deadlock: all processes wait for messages");
    assert_eq!((lines[1], lines[10], lines[11]), ("process 1:", "process 10:", "and 1 more processes"));
}
