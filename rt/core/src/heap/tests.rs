//! Graphs that change while everything collects, under all engines.

use crate::testing::Types;
use crate::{Engine, Options, Process, Word};
use vitte_abi::TypeId;
use vitte_abi::object::{flag, offset, type_id};

/// Numbers that look random, the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % n
    }
}

struct World {
    p: Box<Process>,
    node: TypeId,
    shape: TypeId,
    list: TypeId,
    roots: Vec<u64>,
}

impl World {
    fn new(options: Options) -> World {
        let mut types = Types::new();
        let node = types.record("Node", &[("left", 32), ("right", 32), ("id", type_id::INT), ("name", type_id::STR)]);
        let shape = types.variants("Shape", &[("Empty", &[]), ("One", &[("x", type_id::INT), ("of", node)])]);
        let list = types.list("[Node]", node);
        World { p: types.process_with(options), node, shape, list, roots: Vec::new() }
    }

    fn collect(&mut self) {
        let roots = &mut self.roots;
        self.p.collect(&mut |visit| roots.iter_mut().for_each(visit)).unwrap();
    }

    fn safepoint(&mut self) {
        if self.p.collection_due() {
            self.collect();
        }
    }

    fn new_node(&self, id: i64) -> u64 {
        let p = &*self.p;
        let node = p.new_record(self.node);
        let fields = &p.runtime().record(self.node).fields;
        node.set_raw(fields[2].offset, id as u64);
        node.set_word(p, fields[3].offset, p.new_str(&format!("node {id}")).object().word());
        node.address()
    }

    fn link(&self, from: u64, side: usize, to: u64) {
        let p = &*self.p;
        let field = p.runtime().record(self.node).fields[side].offset;
        p.object(from).set_word(p, field, Word(to));
    }

    fn links(&self, from: u64) -> [u64; 2] {
        let fields = &self.p.runtime().record(self.node).fields;
        [0, 1].map(|side| self.p.object(from).raw(fields[side].offset))
    }

    fn id(&self, node: u64) -> i64 {
        let p = &*self.p;
        let object = p.object(node);
        let fields = &p.runtime().record(self.node).fields;
        let id = object.raw(fields[2].offset) as i64;
        let name = crate::object::Str::of(object.word_at(fields[3].offset).object(p).unwrap());
        assert_eq!((object.ty(), name.as_str()), (self.node, &*format!("node {id}")));
        id
    }
}

fn everywhere(test: impl Fn(Options)) {
    for engine in [Engine::Generational, Engine::MarkSweep, Engine::None] {
        for gc_stress in [false, true] {
            test(Options { engine, gc_stress, ..Options::default() });
        }
    }
}

const ROUNDS: u64 = if cfg!(miri) { 1000 } else { 20_000 };

#[test]
fn graphs_survive() {
    everywhere(|options| {
        let rounds = if options.gc_stress { ROUNDS / 20 } else { ROUNDS };
        let mut world = World::new(options.clone());
        let mut random = Random(88_172_645_463_325_252);
        // The model: for each root, the ids that a walk by the given turns finds.
        let mut model: Vec<(i64, [Option<usize>; 2])> = Vec::new();
        for round in 0..rounds {
            world.safepoint();
            match random.below(8) {
                0..3 if world.roots.len() < 500 => {
                    let node = world.new_node(round as i64);
                    world.roots.push(node);
                    model.push((round as i64, [None; 2]));
                }
                _ if world.roots.is_empty() => {}
                3..7 => {
                    let (from, side, to) = (random.below(world.roots.len() as u64), random.below(2), random.below(500));
                    let (from, side, to) = (from as usize, side as usize, to as usize);
                    let target = world.roots.get(to).copied();
                    world.link(world.roots[from], side, target.unwrap_or(0));
                    model[from].1[side] = target.map(|_| to);
                }
                _ => {
                    // Garbage.
                    world.new_node(-1);
                }
            }
            if round % 997 == 0 || round + 1 == rounds {
                for (&root, (id, links)) in world.roots.iter().zip(&model) {
                    assert_eq!(world.id(root), *id);
                    let expected = links.map(|link| link.map_or(0, |at| world.roots[at]));
                    assert_eq!(world.links(root), expected);
                }
            }
        }
        let stats = world.p.heap_stats();
        // What is alive may be counted in cells, up to twice the size of the object.
        assert!(stats.live > 0 && stats.reserved >= stats.live && stats.allocated * 2 >= stats.live, "{stats:?}");
        assert!(cfg!(miri) || options.engine == Engine::None || stats.minor + stats.major > 0);
    });
}

#[test]
fn garbage_is_reclaimed() {
    for engine in [Engine::Generational, Engine::MarkSweep] {
        let mut world = World::new(Options { engine, ..Options::default() });
        let mut most = 0;
        for round in 0..ROUNDS * 10 {
            world.safepoint();
            let node = world.new_node(round as i64);
            if world.roots.len() < 1000 {
                world.roots.push(node);
            } else {
                // Old objects die, too.
                world.roots[round as usize % 1000] = node;
            }
            most = most.max(world.p.heap_stats().reserved);
        }
        assert!(most < 24 << 20, "{engine:?}: {most}");
        assert!(cfg!(miri) || world.p.heap_stats().major > 0, "{engine:?}");
    }
}

#[test]
fn old_lists_remember_young_items() {
    everywhere(|options| {
        let mut world = World::new(options);
        for len in [3usize, 200, ROUNDS as usize] {
            let p = &*world.p;
            let list = p.new_list(world.list, len);
            list.set_len(len);
            let list = list.object().address();
            world.roots = vec![list];
            world.collect();
            let mut random = Random(7);
            for round in 0..60 {
                let at = random.below(len as u64) as usize;
                let node = world.new_node(round);
                let p = &*world.p;
                let list = crate::object::List::of(p.object(world.roots[0]));
                list.set(p, crate::object::Form::REF, at, node);
                if round % 3 == 0 {
                    world.collect();
                }
                let list = crate::object::List::of(world.p.object(world.roots[0]));
                assert_eq!(world.id(list.get(crate::object::Form::REF, at)), round);
            }
        }
    });
}

#[test]
fn many_stores_do_not_pile_up() {
    let mut world = World::new(Options::default());
    let p = &*world.p;
    let list = p.new_list(world.list, 5000);
    list.set_len(5000);
    world.roots = vec![list.object().address()];
    world.collect();
    let node = world.new_node(1);
    let p = &*world.p;
    let list = crate::object::List::of(p.object(world.roots[0]));
    for round in 0..if cfg!(miri) { 10_000 } else { 100_000 } {
        list.set(p, crate::object::Form::REF, round % 5000, node);
    }
    assert_eq!(list.buffer().object().header() & flag::OLD, 0, "the buffer is remembered as a whole");
    world.collect();
    let list = crate::object::List::of(world.p.object(world.roots[0]));
    assert_ne!(list.buffer().object().header() & flag::OLD, 0);
    assert_eq!(world.id(list.get(crate::object::Form::REF, 4999)), 1);
}

#[test]
fn large_objects_stay_and_die() {
    for engine in [Engine::Generational, Engine::MarkSweep] {
        let mut world = World::new(Options { engine, ..Options::default() });
        let text = "x".repeat(100_000);
        world.roots = vec![world.p.new_str(&text).object().address()];
        let first = world.roots[0];
        for _ in 0..if cfg!(miri) { 20 } else { 200 } {
            world.safepoint();
            world.p.new_str(&text);
        }
        assert_eq!(world.roots[0], first);
        assert_eq!(crate::object::Str::of(world.p.object(first)).as_str(), text);
        assert!(world.p.heap_stats().reserved < 8 << 20, "{:?}", world.p.heap_stats());
        world.roots.clear();
        world.p.request_collection(true);
        world.collect();
        assert!(world.p.heap_stats().live < 1000);
    }
}

#[test]
fn variants_and_deep_chains_are_traced() {
    everywhere(|options| {
        let mut world = World::new(options.clone());
        let depth = if cfg!(miri) {
            30
        } else if options.gc_stress {
            100
        } else {
            100_000
        };
        world.roots = vec![0];
        for id in 0..depth {
            world.safepoint();
            let node = world.new_node(id);
            world.link(node, 0, world.roots[0]);
            world.roots[0] = node;
        }
        let p = &*world.p;
        let one = p.new_variant(world.shape, 1);
        let fields = &p.runtime().variant(world.shape, 1).fields;
        one.set_word(p, fields[1].offset, Word(world.roots[0]));
        let empty = p.new_variant(world.shape, 0);
        world.roots = vec![one.address(), empty.address()];
        world.p.request_collection(true);
        world.collect();
        let p = &*world.p;
        let mut node = p.object(world.roots[0]).raw(p.runtime().variant(world.shape, 1).fields[1].offset);
        for id in (0..depth).rev() {
            assert_eq!(world.id(node), id);
            node = world.links(node)[0];
        }
        assert_eq!(node, 0);
        assert_eq!(p.object(world.roots[1]).tag(), 0);
    });
}

#[test]
fn a_full_heap_raises() {
    // Without collections, what is over the limit is seen when a block of 64 KiB is full.
    for engine in [Engine::Generational, Engine::MarkSweep, Engine::None] {
        let mut world = World::new(Options { engine, heap_max: ROUNDS * 52, ..Options::default() });
        let mut raised = 0;
        for id in 0..ROUNDS as i64 * 2 {
            if world.p.collection_due() {
                let roots = &mut world.roots;
                if let Err(throw) = world.p.collect(&mut |visit| roots.iter_mut().for_each(visit)) {
                    let error = throw.exception().object(&world.p).unwrap();
                    assert_eq!(error.ty(), type_id::OUT_OF_MEMORY);
                    raised += 1;
                    world.roots.clear();
                }
            }
            let node = world.new_node(id);
            world.roots.push(node);
        }
        assert!(raised > 0, "{engine:?}");
    }
}

#[test]
fn immortal_strings_are_left_alone() {
    let mut world = World::new(Options { gc_stress: true, ..Options::default() });
    let word = world.p.runtime().intern_constant("for ever");
    world.roots = vec![word.0, world.p.any(type_id::INT, 5).0, world.p.any(type_id::INT, i64::MAX as u64).0, 0];
    world.collect();
    let p = &*world.p;
    assert_eq!(world.roots[0], word.0);
    assert_eq!(crate::object::Str::of(word.object(p).unwrap()).as_str(), "for ever");
    assert_eq!(Word(world.roots[1]).bits(p), 5);
    assert_eq!(Word(world.roots[2]).bits(p), i64::MAX as u64);
    assert_eq!(p.object(world.roots[2]).raw(offset::BOX_VALUE), i64::MAX as u64);
}
