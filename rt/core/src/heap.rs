//! The heap of a process, and its collector.
//!
//! ```text
//!            bump                      survivors
//! nursery  ─────────►  full: collect ────────────►  old generation   a Space: blocks that are copied, or cells that
//! (256 B … 4 MiB, then further blocks                                are marked and swept
//!  until the next safepoint)
//!                                                   large objects    a block each, young or old; they never move;
//!                                                                    strings among them may be shared by heaps,
//!                                                                    and strings made together share a block
//! ```
//!
//! A *minor* collection copies what is reachable out of the nursery; its roots are the process's and the *remembered
//! set*: what old objects were written. A *major* one traces everything. All survivors become old, so the remembered
//! set is empty after either, and the nursery too.
//!
//! Compiled code and natives allocate by moving `Process::heap_next`. Natives never collect: where the nursery ends,
//! they get a further block, and a collection becomes due at the next safepoint.

pub(crate) mod blocks;
mod bundle;
mod copying;
mod large;
mod marksweep;
mod remembered;
mod shapes;
mod shared;
mod stats;
#[cfg(test)]
mod tests;
mod trace;

pub(crate) use shapes::Shapes;
pub(crate) use shared::Share;
pub use stats::Stats;

use crate::options::{Engine, Options};
use crate::sys::Instant;
use blocks::Block;
use copying::Copying;
use large::LargeObjects;
use marksweep::MarkSweep;
use remembered::Remembered;
use trace::Tracer;

/// Objects beyond this size get a block of their own when natives make them, or when they grow old.
pub(crate) const LARGE: usize = 8 << 10;
/// A nursery that has served this often grows, up to [`CALM_NURSERY`].
const GROW_AFTER: u32 = 8;
/// The largest nursery of a process whose objects die young: it fits a processor's cache.
const CALM_NURSERY: usize = 512 << 10;
/// The nursery under stress.
const STRESSED_NURSERY: usize = 16 << 10;
/// The largest nursery, as a power of two.
const MAX_NURSERY: u8 = 22;
/// The old generation is collected when it has grown by this factor since the last time…
const GROWTH: u64 = 2;
/// …and is at least this many nurseries large.
const OLD_NURSERIES: u64 = 8;

/// Fewer bytes of young large objects are no reason to collect.
const MIN_LARGE: u64 = 1 << 20;

/// What fills memory that was left behind, under stress.
const POISON: u8 = 0xdb;

/// A way to keep the old generation.
trait Space {
    /// Whether a major collection leaves objects where they are, and marks them.
    const MARKS: bool;
    /// Memory for an object of at most [`LARGE`] bytes.
    fn alloc(&mut self, size: usize) -> u64;
    /// Before a major collection.
    fn begin_major(&mut self);
    /// After one: forgets what was not reached, overwriting it if `poison`.
    fn end_major(&mut self, shapes: &Shapes, poison: bool);
    /// The bytes of its objects.
    fn used(&self) -> u64;
    /// The bytes it occupies.
    fn reserved(&self) -> u64;
    /// Whether the address is in its blocks.
    fn contains(&self, address: u64) -> bool;
}

/// The old generation, by engine. `none` has a space that stays empty.
enum Old {
    Copying(Copying),
    MarkSweep(Box<MarkSweep>),
}

/// The roots of a collection: calls the function it is given with each traced word.
pub(crate) type Roots<'a> = &'a mut dyn FnMut(&mut dyn FnMut(&mut u64));

/// The memory behind a process's objects.
pub(crate) struct Heap {
    engine: Engine,
    stress: bool,
    log: bool,
    /// The largest nursery, as a power of two.
    max_nursery: u8,
    /// Where objects are made now.
    nursery: Block,
    /// Blocks that the nursery had before, since the last collection.
    filled: Vec<Block>,
    /// The length that a nursery should have.
    len: usize,
    /// The address in `nursery` where this cycle's objects begin.
    start: u64,
    /// Collections since the nursery changed its size.
    served: u32,
    /// None in the heap of a process that has not done much, so that many such processes need little.
    aged: Option<Box<Aged>>,
}

/// What a heap has besides a nursery, once it is collected or holds a large object.
struct Aged {
    old: Old,
    large: LargeObjects,
    remembered: Remembered,
    /// The size of the old generation at which it is collected.
    threshold: u64,
    stats: Stats,
}

/// Free memory for new objects.
#[derive(Clone, Copy)]
pub(crate) struct Area {
    pub(crate) next: u64,
    pub(crate) end: u64,
}

impl Heap {
    pub(crate) fn new(options: &Options) -> Heap {
        Heap {
            engine: options.engine,
            stress: options.gc_stress && options.engine != Engine::None,
            log: options.gc_log,
            max_nursery: MAX_NURSERY,
            nursery: Block::EMPTY,
            len: blocks::SMALLEST,
            filled: Vec::new(),
            start: 0,
            served: 0,
            aged: None,
        }
    }

    fn aged(&mut self) -> &mut Aged {
        let (engine, nursery) = (self.engine, self.nursery.len.max(self.len));
        self.aged.get_or_insert_with(|| {
            Box::new(Aged {
                old: match engine {
                    Engine::MarkSweep => Old::MarkSweep(Box::default()),
                    Engine::Generational | Engine::None => Old::Copying(Copying::default()),
                },
                large: LargeObjects::default(),
                remembered: Remembered::default(),
                threshold: nursery as u64 * OLD_NURSERIES,
                stats: Stats::default(),
            })
        })
    }

    /// The heap is to hold no more than so many bytes: it has a nursery of an eighth of that at most.
    pub(crate) fn limit(&mut self, bytes: u64) {
        self.max_nursery = (bytes / 8).max(blocks::SMALLEST as u64).ilog2().min(u32::from(MAX_NURSERY)) as u8;
    }

    fn max_nursery(&self) -> usize {
        1 << self.max_nursery
    }

    /// Whether every safepoint collects.
    pub(crate) fn is_stressed(&self) -> bool {
        self.stress
    }

    /// The counts, with `next` the end of the objects in the nursery.
    pub(crate) fn stats(&self, next: u64) -> Stats {
        let young = self.young_bytes(next);
        let nursery = self.nursery.len as u64 + self.filled.iter().map(|block| block.len as u64).sum::<u64>();
        let (stats, aged) = self.aged.as_ref().map_or((Stats::default(), 0), |aged| {
            let old = match &aged.old {
                Old::Copying(space) => space.reserved(),
                Old::MarkSweep(space) => space.reserved(),
            };
            (aged.stats, old + aged.large.reserved())
        });
        Stats { live: young + self.old_used(), reserved: nursery + aged, allocated: stats.allocated + young, ..stats }
    }

    /// Whether an address is in the memory of the heap.
    pub(crate) fn contains(&self, address: u64) -> bool {
        let young = self.nursery.contains(address) || self.filled.iter().any(|block| block.contains(address));
        young
            || self.aged.as_ref().is_some_and(|aged| {
                aged.large.contains(address)
                    || match &aged.old {
                        Old::Copying(space) => space.contains(address),
                        Old::MarkSweep(space) => space.contains(address),
                    }
            })
    }

    /// The bytes of all objects that may be alive.
    pub(crate) fn used(&self, next: u64) -> u64 {
        self.young_bytes(next) + self.old_used()
    }

    fn young_bytes(&self, next: u64) -> u64 {
        let filled: u64 = self.filled.iter().map(|block| block.len as u64).sum();
        filled + next.saturating_sub(self.start) + self.aged.as_ref().map_or(0, |aged| aged.large.young_bytes())
    }

    fn old_used(&self) -> u64 {
        self.aged.as_ref().map_or(0, |aged| aged.old_used())
    }

    /// Whether it has no block yet.
    pub(crate) fn is_untouched(&self) -> bool {
        self.nursery == Block::EMPTY
    }

    /// A further block for the nursery, with room for `size` bytes: for natives, and for objects larger than the
    /// nursery.
    pub(crate) fn extend(&mut self, size: usize) -> Area {
        if self.nursery != Block::EMPTY {
            self.filled.push(self.nursery);
        }
        // Doubling keeps the number of blocks small, however much a native makes.
        let block = Block::take(size.max((self.nursery.len * 2).clamp(self.len, self.max_nursery())));
        self.nursery = block;
        self.start = block.base;
        Area { next: block.base, end: block.end() }
    }

    /// A large object of `size` bytes, and whether its memory is all zero.
    pub(crate) fn alloc_large(&mut self, size: usize) -> (u64, bool) {
        self.aged().large.alloc(size)
    }

    /// Takes over a block whose first `len` bytes are strings that bear the flag `BUNDLED`, which nothing refers to but
    /// roots and young objects.
    pub(crate) fn add_bundle(&mut self, block: Block, len: u64) {
        self.aged().large.add_bundle(block, len);
    }

    /// A share of the large string at this address, for others.
    pub(crate) fn share(&mut self, address: u64) -> Share {
        self.aged().large.share(address)
    }

    /// Takes a share of a string that others have, too.
    pub(crate) fn take_share(&mut self, share: Share) {
        self.aged().large.take_share(share);
    }

    /// Whether enough large objects were made for a collection.
    pub(crate) fn is_large_due(&self) -> bool {
        self.aged.as_ref().is_some_and(|aged| {
            aged.large.young_bytes() > (self.nursery.len as u64).max(aged.old_used() / 2).max(MIN_LARGE)
        })
    }

    /// Remembers a store into an old object; see [`Remembered::store`].
    pub(crate) fn remember(&mut self, object: u64, slot: Option<u64>) {
        // SAFETY: write barriers name a live object.
        unsafe { self.aged().remembered.store(object, slot) }
    }

    /// Collects: the nursery, or if `full` or if it is time, everything. `next` is the end of the objects in the
    /// nursery; the result is free memory with room for `size` bytes.
    pub(crate) fn collect(&mut self, shapes: &Shapes, next: u64, size: usize, full: bool, roots: Roots<'_>) -> Area {
        if self.nursery == Block::EMPTY && self.young_bytes(next) == 0 && !full {
            return self.fresh_nursery(size);
        }
        let young = self.young_bytes(next);
        self.aged();
        let Some(aged) = &mut self.aged else { unreachable!("it was just made") };
        if self.engine == Engine::None {
            aged.stats.allocated += aged.large.settle_all();
            return self.extend(size.max(64 << 10));
        }
        aged.stats.allocated += young;
        let began = self.log.then(Instant::now);
        let before = young + aged.old_used();
        let full = full || self.stress || aged.old_used() >= aged.threshold.max(1) || aged.is_mostly_large();
        let cycle = Cycle {
            shapes,
            nursery: self.nursery,
            filled: &self.filled,
            large: &mut aged.large,
            remembered: &mut aged.remembered,
            poison: self.stress,
        };
        let survived = match &mut aged.old {
            Old::Copying(space) => cycle.run(space, full, roots),
            Old::MarkSweep(space) => cycle.run(&mut **space, full, roots),
        };
        if full {
            aged.stats.major += 1;
            aged.threshold = (aged.old_used() * GROWTH).max(self.nursery.len as u64 * OLD_NURSERIES);
        } else {
            aged.stats.minor += 1;
        }
        if let Some(began) = began {
            aged.stats.log(full, before, aged.old_used(), began.elapsed());
        }
        self.next_nursery(next, survived, young, size)
    }

    /// Chooses the nursery for the next cycle, after `survived` of `young` bytes survived this one.
    fn next_nursery(&mut self, next: u64, survived: u64, young: u64, size: usize) -> Area {
        for block in self.filled.drain(..) {
            if self.stress {
                poison(block.base, block.len);
            }
            block.give();
        }
        if self.stress {
            poison(self.start, (next - self.start) as usize);
        }
        self.served += 1;
        let len = self.len;
        if self.stress {
            self.len = STRESSED_NURSERY;
        } else if survived > young / 4 {
            self.len = (len * 4).min(self.max_nursery());
        } else if self.served >= GROW_AFTER && len < CALM_NURSERY.min(self.max_nursery()) {
            self.len = len * 2;
        }
        if self.len != len {
            self.served = 0;
        }
        if self.len != self.nursery.len {
            if self.nursery != Block::EMPTY {
                self.nursery.give();
            }
            return self.fresh_nursery(size);
        }
        let mut next = self.nursery.base;
        if self.stress && (size as u64) < self.nursery.len as u64 / 2 {
            // Under stress the memory behind stale references stays poisoned for long: go round in the nursery.
            next = self.start + 64;
            if next + size as u64 > self.nursery.end() {
                next = self.nursery.base;
            }
        }
        self.start = next;
        if next + size as u64 > self.nursery.end() {
            return self.extend(size);
        }
        Area { next, end: self.nursery.end() }
    }

    fn fresh_nursery(&mut self, size: usize) -> Area {
        let block = Block::take(self.len.max(size));
        self.nursery = block;
        self.start = block.base;
        Area { next: block.base, end: block.end() }
    }
}

impl Aged {
    fn old_used(&self) -> u64 {
        self.small_used() + self.large.old_bytes()
    }

    fn small_used(&self) -> u64 {
        match &self.old {
            Old::Copying(space) => space.used(),
            Old::MarkSweep(space) => space.used(),
        }
    }

    /// Whether there is little to trace for the large objects that were made: then those that have grown old and died
    /// are given back at once, rather than that more memory is touched for others.
    fn is_mostly_large(&self) -> bool {
        let young = self.large.young_bytes();
        young >= MIN_LARGE && self.small_used() <= young / 8 && self.large.old_bytes() <= young * 2
    }
}

impl Drop for Heap {
    fn drop(&mut self) {
        for block in self.filled.drain(..) {
            block.give();
        }
        if self.nursery != Block::EMPTY {
            self.nursery.give();
        }
    }
}

/// One collection.
struct Cycle<'h> {
    shapes: &'h Shapes,
    nursery: Block,
    filled: &'h [Block],
    large: &'h mut LargeObjects,
    remembered: &'h mut Remembered,
    poison: bool,
}

impl Cycle<'_> {
    /// Runs it; the number of bytes that survived of the nursery.
    fn run<S: Space>(self, space: &mut S, full: bool, roots: Roots<'_>) -> u64 {
        let before = space.used() + self.large.old_bytes();
        if full {
            space.begin_major();
        }
        let mut tracer = Tracer::new(self.shapes, self.nursery, self.filled.is_empty(), space, self.large);
        // SAFETY: roots, fields and the remembered set hold traced words of this heap.
        unsafe {
            if full {
                roots(&mut |slot| tracer.visit::<true>(slot));
                tracer.finish::<true>();
            } else {
                roots(&mut |slot| tracer.visit::<false>(slot));
                self.remembered.visit(&mut tracer);
                tracer.finish::<false>();
            }
            self.remembered.clear();
        }
        self.large.end(full, !S::MARKS, self.poison);
        if full {
            space.end_major(self.shapes, self.poison);
        }
        (space.used() + self.large.old_bytes()).saturating_sub(before)
    }
}

/// Overwrites memory that was left behind.
fn poison(base: u64, len: usize) {
    // SAFETY: nothing there is alive.
    unsafe { std::ptr::write_bytes(base as usize as *mut u8, POISON, len) };
}
