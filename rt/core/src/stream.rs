//! Small messages that one process sends to another in a row, without a node for each.
//!
//! ```text
//! words   │ 2 │ header │ field │ 0 │ immediate │ 2 │ header │ field │ …     │
//!           ▲ the receiver reads on                                  ▲ the sender writes on
//! ```
//!
//! A stream stands in the receiver's inbox like a message, and the sender writes further ones behind those that are in
//! it, as long as the receiver has not come for them: then the stream is closed, by the same operation that says how
//! much is in it. So nothing is put behind what the receiver may have seen to be the last, and a receiver that waits
//! has no open stream.
//!
//! The sender gives its stream up when it receives, sends something else, or ends its turn. What it sends later stands
//! behind the stream, on whatever worker, and so do the answers that others give to what it has sent.

use crate::letter::{FEW, Plain};
use crate::scheduler::Pid;
use crate::sync::{AtomicU32, AtomicU64, Ordering};

/// The words in a stream.
const LEN: usize = if cfg!(loom) { 9 } else { 500 };
/// Added to the state for each message; the words are counted below.
const MESSAGE: u64 = 1 << 32;
/// Added to the state for each word.
const WORD: u64 = 2;
/// Set in the state when the receiver has come.
const CLOSED: u64 = 1;

/// A stream of messages.
#[derive(Debug)]
pub(crate) struct Stream {
    to: Pid,
    /// How many messages and words are in it, and whether it is closed.
    state: AtomicU64,
    /// The word where the receiver reads on.
    at: AtomicU32,
    words: [AtomicU64; LEN],
}

impl Stream {
    /// A stream to a process that holds a message already.
    pub(crate) fn new(to: Pid, first: &Plain) -> Stream {
        let words = std::array::from_fn(|_| AtomicU64::new(0));
        let stream = Stream { to, state: AtomicU64::new(0), at: AtomicU32::new(0), words };
        stream.put(to, first);
        stream
    }

    /// Adds a message; false if it is not for this stream, or there is no room, or the receiver has come. For the sender
    /// alone.
    #[inline(always)]
    pub(crate) fn put(&self, to: Pid, message: &Plain) -> bool {
        let state = self.state.load(Ordering::Relaxed);
        let at = n_words(state);
        // Room for the largest, all of which is written.
        let Some((number, words)) = self.words.get(at..at + 1 + FEW).and_then(<[_]>::split_first) else { return false };
        if to != self.to || state & CLOSED != 0 {
            return false;
        }
        number.store(message.len.into(), Ordering::Relaxed);
        for (place, &word) in words.iter().zip(&message.words) {
            place.store(word, Ordering::Relaxed);
        }
        let n_words = 1 + u64::from(message.len.max(1));
        let next = state + MESSAGE + WORD * n_words;
        self.state.compare_exchange(state, next, Ordering::Release, Ordering::Relaxed).is_ok()
    }

    /// How many messages were put into it.
    pub(crate) fn len(&self) -> usize {
        (self.state.load(Ordering::Relaxed) / MESSAGE) as usize
    }

    /// The receiver comes: how many messages there are for it.
    pub(crate) fn close(&self) -> usize {
        (self.state.fetch_or(CLOSED, Ordering::AcqRel) / MESSAGE) as usize
    }

    /// The next message of a closed stream, and whether it is the last. For the receiver alone.
    #[inline(always)]
    pub(crate) fn take(&self) -> (Plain, bool) {
        let at = self.at.load(Ordering::Relaxed) as usize;
        let place = &self.words[at..at + 1 + FEW];
        let len = place[0].load(Ordering::Relaxed) as u8;
        let words = std::array::from_fn(|word| place[1 + word].load(Ordering::Relaxed));
        let next = at + 1 + usize::from(len.max(1));
        self.at.store(next as u32, Ordering::Relaxed);
        (Plain { len, words }, next == n_words(self.state.load(Ordering::Relaxed)))
    }
}

fn n_words(state: u64) -> usize {
    (state % MESSAGE / WORD) as usize
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_read_when_it_is_closed() {
        let plain = |len: u8| Plain { len, words: [1, 2, 3, 4].map(|n| n + u64::from(len)) };
        let stream = Stream::new(7, &plain(0));
        assert!((1..=4).all(|len| stream.put(7, &plain(len))) && !stream.put(8, &plain(1)));
        assert_eq!((stream.len(), stream.close()), (5, 5));
        assert!(!stream.put(7, &plain(2)));
        for len in 0..=4 {
            let (found, is_last) = stream.take();
            assert_eq!((found.len, is_last), (len, len == 4));
            let n = usize::from(len.max(1));
            assert_eq!(found.words[..n], plain(len).words[..n]);
        }

        let stream = Stream::new(7, &plain(3));
        let n = (1..).take_while(|_| stream.put(7, &plain(3))).count();
        assert_eq!(((n + 1) * 4 + FEW >= LEN, stream.close()), (true, n + 1));
        assert!((0..=n).all(|at| stream.take().1 == (at == n)));
    }
}

#[cfg(all(test, loom))]
mod models {
    use super::*;
    use loom::sync::Arc;
    use loom::thread;

    #[test]
    fn what_is_not_read_was_refused() {
        loom::model(|| {
            let plain = |n: u64| Plain { len: 0, words: [n, 0, 0, 0] };
            let stream = Arc::new(Stream::new(1, &plain(5)));
            let sender = {
                let stream = stream.clone();
                thread::spawn(move || (6..8).take_while(|&n| stream.put(1, &plain(n))).count())
            };
            let n = stream.close();
            let read: Vec<_> = (0..n).map(|_| stream.take().0.words[0]).collect();
            assert_eq!(read, [5, 6, 7][..n]);
            assert_eq!(sender.join().unwrap(), n - 1);
        });
    }
}
