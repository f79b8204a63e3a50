//! Values on their way between processes.
//!
//! A letter is a copy of everything that a value refers to, apart from constants that live for ever, outside any heap.
//! The objects stand one behind the other; where a traced word refers to one of them, the letter has the distance from
//! its start with the upper bit set, which no address has. So the receiver copies the whole into its heap and adds
//! its new address to those words. Large strings are not copied: the letter holds a share of each.

use crate::heap::Share;
use crate::process::Process;
use crate::word::Word;
use std::cell::Cell;
use std::ops::Range;
use vitte_abi::object::{flag, type_id, word};

/// Marks a distance from the letter's start.
const INSIDE: u64 = 1 << 63;
/// The part of a header that is not flags.
const IDENTITY: u64 = (1 << 48) - 1;

/// A value on its way.
#[derive(Clone, Debug)]
pub struct Letter {
    words: Words,
    root: u64,
}

/// So many words need no memory of their own.
pub(crate) const FEW: usize = 4;

#[derive(Clone, Debug)]
enum Words {
    Plain(Plain),
    Few(u8, [u64; FEW]),
    Many(Box<[u64]>),
    Sharing(Box<Sharing>),
}

/// With shares of the strings that are referred to by their addresses.
#[derive(Clone, Debug)]
struct Sharing {
    words: Vec<u64>,
    shares: Vec<Share>,
}

/// A copy of an immediate, a constant, or a small object that refers to no others.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plain {
    /// How many words the object has; 0 if it is none of this letter's.
    pub(crate) len: u8,
    /// The object's words, or the one that stands for the message.
    pub(crate) words: [u64; FEW],
}

impl Plain {
    /// Copies `message` if it is so small.
    #[inline(always)]
    pub(crate) fn copy(p: &Process, message: Word) -> Option<Plain> {
        let alone = Plain { len: 0, words: [message.0, 0, 0, 0] };
        if !word::is_object(message.0) {
            return Some(alone);
        }
        let object = p.object(message.0);
        let header = object.header();
        if header & (flag::IMMORTAL | flag::SHARED) == flag::IMMORTAL {
            return Some(alone);
        }
        // SAFETY: there is an object of this header.
        let (size, traced, count) = unsafe { p.runtime().shapes().of(message.0, header) };
        let len = size / 8;
        if len > FEW as u64 {
            return None;
        }
        let first = traced.wrapping_sub(message.0) as u32;
        if (0..count as u32).any(|at| word::is_object(object.raw(first + at * 8))) {
            return None;
        }
        // Each by itself, so that they are not loaded together from where they have just been stored one by one.
        let word = |at: u32| if u64::from(at) < len { object.raw(at * 8) } else { 0 };
        Some(Plain { len: len as u8, words: [header & IDENTITY, word(1), word(2), word(3)] })
    }

    /// The message, copied into the heap of `p`.
    #[inline(always)]
    pub(crate) fn open(self, p: &Process) -> Word {
        if self.len == 0 {
            return Word(self.words[0]);
        }
        let place = p.alloc_words(self.len.into());
        match self.len {
            1 => p.write_words(place, &self.words[..1]),
            2 => p.write_words(place, &self.words[..2]),
            3 => p.write_words(place, &self.words[..3]),
            _ => p.write_words(place, &self.words),
        }
        Word(place)
    }
}

impl From<Plain> for Letter {
    #[inline(always)]
    fn from(plain: Plain) -> Letter {
        Letter { words: Words::Plain(plain), root: INSIDE }
    }
}

impl From<&[u64]> for Words {
    fn from(words: &[u64]) -> Words {
        let mut few = [0; FEW];
        match few.get_mut(..words.len()) {
            Some(place) => {
                place.copy_from_slice(words);
                Words::Few(words.len() as u8, few)
            }
            None => Words::Many(words.into()),
        }
    }
}

impl Words {
    fn as_mut(&mut self) -> &mut [u64] {
        match self {
            Words::Plain(plain) => &mut plain.words[..usize::from(plain.len)],
            Words::Few(len, words) => &mut words[..usize::from(*len)],
            Words::Many(words) => words,
            Words::Sharing(sharing) => &mut sharing.words,
        }
    }
}

thread_local! {
    /// What a sealer works with, kept for the next one.
    static DESK: Cell<Sealer> = const { Cell::new(Sealer { words: Vec::new(), taken: Vec::new(), shares: Vec::new() }) };
}

/// The most words that a sealer keeps room for.
const MOST_KEPT: usize = 1 << 16;

impl Letter {
    /// The message, if it is such a copy.
    pub(crate) fn plain(&self) -> Option<&Plain> {
        match &self.words {
            Words::Plain(plain) => Some(plain),
            _ => None,
        }
    }

    /// A copy of `message` and all that it refers to. Objects that it refers to twice are copied once.
    #[inline]
    pub fn seal(p: &Process, message: Word) -> Letter {
        Plain::copy(p, message).map_or_else(|| Letter::seal_graph(p, message), Letter::from)
    }

    pub(crate) fn seal_graph(p: &Process, message: Word) -> Letter {
        let mut sealer = DESK.take();
        let root = sealer.take(p, message.0);
        let mut at = 0;
        while at < sealer.words.len() {
            let (traced, next) = object_at(p, &sealer.words, at);
            for slot in traced {
                sealer.words[slot] = sealer.take(p, sealer.words[slot]);
            }
            at = next;
        }
        for (address, header) in sealer.taken.drain(..) {
            p.object(address).set_raw(0, header);
        }
        let words = if !sealer.shares.is_empty() {
            let (words, shares) = (std::mem::take(&mut sealer.words), std::mem::take(&mut sealer.shares));
            Words::Sharing(Box::new(Sharing { words, shares }))
        } else if sealer.words.len() > MOST_KEPT {
            Words::Many(std::mem::take(&mut sealer.words).into())
        } else {
            Words::from(&sealer.words[..])
        };
        if sealer.words.capacity() <= MOST_KEPT {
            sealer.words.clear();
            DESK.set(sealer);
        }
        Letter { words, root }
    }

    /// The value, copied into the heap of `p`.
    pub fn open(mut self, p: &Process) -> Word {
        if let Words::Sharing(sharing) = &mut self.words {
            p.runtime().scheduler().take_shares(p, std::mem::take(&mut sharing.shares));
        }
        if let Words::Plain(plain) = self.words {
            return plain.open(p);
        }
        let words = self.words.as_mut();
        let base = p.alloc_words(words.len());
        let place = |word: u64| if word & INSIDE != 0 && word & 7 == 0 { base + (word & !INSIDE) } else { word };
        let mut at = 0;
        while at < words.len() {
            let (traced, next) = object_at(p, words, at);
            for slot in &mut words[traced] {
                *slot = place(*slot);
            }
            at = next;
        }
        p.write_words(base, words);
        Word(place(self.root))
    }
}

/// The traced words of the object that begins at `at`, and the end of the object.
fn object_at(p: &Process, words: &[u64], at: usize) -> (Range<usize>, usize) {
    let here = words[at..].as_ptr() as u64;
    // SAFETY: a whole object begins there.
    let (size, traced, count) = unsafe { p.runtime().shapes().of(here, words[at]) };
    let first = if count == 0 { at } else { at + (traced - here) as usize / 8 };
    (first..first + count as usize, at + size as usize / 8)
}

/// A letter being written.
#[derive(Default)]
struct Sealer {
    words: Vec<u64>,
    /// The objects that were copied, and their headers: meanwhile these hold where the copy is.
    taken: Vec<(u64, u64)>,
    shares: Vec<Share>,
}

impl Sealer {
    /// Copies the object that a traced word refers to; the word for the letter.
    fn take(&mut self, p: &Process, word: u64) -> u64 {
        if !word::is_object(word) {
            return word;
        }
        let object = p.object(word);
        let header = object.header();
        if header & flag::FORWARDED != 0 {
            return header;
        }
        let is_large_str = header & flag::SHARED != 0 || (header & flag::LARGE != 0 && header as u32 == type_id::STR);
        if is_large_str && p.runtime().scheduler().share(p, word, &mut self.shares) {
            return word;
        }
        if header & flag::IMMORTAL != 0 {
            return word;
        }
        let copy = INSIDE | (self.words.len() as u64 * 8);
        // SAFETY: there is an object of this header.
        let (size, _, _) = unsafe { p.runtime().shapes().of(word, header) };
        self.words.push(header & IDENTITY);
        self.words.extend((8..size as u32).step_by(8).map(|offset| object.raw(offset)));
        self.taken.push((word, header));
        object.set_raw(0, copy);
        copy
    }
}

const _: () = assert!(INSIDE == flag::FORWARDED);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::{Form, List, Str};
    use crate::testing::Types;
    use crate::{Engine, Options, Runtime};
    use vitte_abi::object::type_id;

    #[test]
    fn copies_have_the_same_shape() {
        let mut types = Types::new();
        let node = types.record("Node", &[("next", 32), ("name", type_id::STR), ("n", type_id::ANY)]);
        let list = types.list("[Node]", node);
        let runtime = Runtime::new(types.table(), Options::default(), Vec::new());
        let (sender, receiver) = (Process::new(runtime), Process::new(runtime));
        let p = &*sender;
        let fields = &runtime.record(node).fields;
        let [next, name, n] = [0, 1, 2].map(|at| fields[at].offset);
        let constant = runtime.intern_constant("constant");
        let (a, b) = (p.new_record(node), p.new_record(node));
        // A cycle, something shared, something boxed, something immortal.
        a.set_word(p, next, b.word());
        b.set_word(p, next, a.word());
        a.set_word(p, name, p.new_str("shared").object().word());
        b.set_word(p, name, a.word_at(name));
        a.set_word(p, n, p.any(type_id::INT, i64::MIN as u64));
        b.set_word(p, n, constant);
        let items = p.new_list(list, 3000);
        items.set_len(3000);
        items.set(p, Form::REF, 0, a.address());
        items.set(p, Form::REF, 2999, b.address());
        let header = items.object().header();

        let letter = Letter::seal(p, items.object().word());
        assert_eq!((items.object().header(), items.get(Form::REF, 0)), (header, a.address()));
        drop(sender);

        let p = &*receiver;
        let copy = List::of(letter.open(p).object(p).unwrap());
        assert_eq!((copy.ty(), copy.len(), copy.get(Form::REF, 1)), (list, 3000, 0));
        let (a, b) = (p.object(copy.get(Form::REF, 0)), p.object(copy.get(Form::REF, 2999)));
        assert_eq!((a.word_at(next), b.word_at(next)), (b.word(), a.word()));
        assert_eq!(a.word_at(name), b.word_at(name));
        assert_eq!(Str::of(a.word_at(name).object(p).unwrap()).as_str(), "shared");
        assert_eq!((a.word_at(n).bits(p) as i64, b.word_at(n)), (i64::MIN, constant));
    }

    #[test]
    fn large_strings_are_shared() {
        for engine in [Engine::Generational, Engine::MarkSweep, Engine::None] {
            let mut types = Types::new();
            let pair = types.record("Pair", &[("text", type_id::STR), ("again", type_id::STR)]);
            let options = Options { engine, gc_stress: engine != Engine::None, ..Options::default() };
            let runtime = Runtime::new(types.table(), options, Vec::new());
            let fields = &runtime.record(pair).fields;
            let [text, again] = [0, 1].map(|at| fields[at].offset);
            let mut sender = Process::new(runtime);
            runtime.scheduler().make_pool(runtime, false);
            let long = "0123456789".repeat(5000);
            let message = sender.new_record(pair);
            message.set_word(&sender, text, sender.new_str(&long).object().word());
            message.set_word(&sender, again, message.word_at(text));
            let address = message.word_at(text);
            let mut root = message.word();
            let letter = Letter::seal(&sender, root);
            let other = Letter::seal(&sender, address);

            let mut receivers = [(); 3].map(|()| Process::new(runtime));
            let mut roots = receivers.each_ref().map(|receiver| letter.clone().open(receiver));
            drop(letter);
            // What is sent on is the same string, and to open it twice changes nothing.
            assert_eq!(
                Letter::seal(&receivers[1], roots[1]).open(&receivers[1]).object(&receivers[1]).unwrap().word_at(again),
                address
            );
            for _ in 0..3 {
                sender.collect(&mut |visit| visit(&mut root.0)).unwrap();
                for (receiver, root) in receivers.iter_mut().zip(&mut roots) {
                    receiver.collect(&mut |visit| visit(&mut root.0)).unwrap();
                    let copy = root.object(receiver).unwrap();
                    assert_eq!((copy.word_at(text), copy.word_at(again)), (address, address));
                    assert!(receiver.heap_stats().live > 50_000);
                }
            }
            drop(sender);
            let [first, mut second, third] = receivers;
            drop(first);
            // Nothing refers to it any more here; there it still is.
            second.collect(&mut |_| {}).unwrap();
            assert!(engine == Engine::None || second.heap_stats().live < 10_000);
            let copy = roots[2].object(&third).unwrap();
            assert_eq!(Str::of(copy.word_at(again).object(&third).unwrap()).as_str(), long);
            drop(third);
            assert_eq!(Str::of(other.open(&second).object(&second).unwrap()).as_str(), long);
        }
    }

    #[test]
    fn immediates_travel_alone() {
        let p = Types::new().process();
        for word in [Word::NIL, p.any(type_id::INT, -1i64 as u64), p.any(type_id::FLOAT, (-2.5f64).to_bits())] {
            assert_eq!(Letter::seal(&p, word).open(&p), word);
        }
    }
}
