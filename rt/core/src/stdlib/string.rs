//! Strings: immutable UTF-8, indexed by bytes.

mod build;
mod search;

pub use build::*;
pub use search::*;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::{Form, List, Str};
    use crate::stdlib::list::new_bytes;
    use crate::testing::{Random, Types};
    use crate::{Engine, Options, Process, Throw};
    use vitte_abi::object::offset::FIELDS;
    use vitte_abi::object::type_id::{INT, STR};

    fn process() -> Box<Process> {
        let mut types = Types::new();
        types.list("[str]", STR);
        types.list("[int]", INT);
        types.process()
    }

    fn strs<'p>(p: &'p Process, list: List<'_>) -> Vec<&'p str> {
        list.buffer().words()[..list.len()].iter().map(|word| Str::of(p.object(word.get().0)).as_str()).collect()
    }

    fn message(p: &Process, throw: Throw) -> &str {
        Str::of(p.object(throw.exception().object(p).unwrap().raw(FIELDS))).as_str()
    }

    #[test]
    fn searches_are_like_rusts() {
        let p = process();
        let mut random = Random::new(1);
        let mut text = |max| {
            let len = random.below(max);
            (0..len).map(|_| ["a", "b", "é", "-", "ab"][random.below(5) as usize]).collect::<String>()
        };
        for _ in 0..3_000 {
            let (s, needle, to) = (text(40), text(4), text(3));
            let (a, b, c) = (p.new_str(&s), p.new_str(&needle), p.new_str(&to));
            let at = |found: Option<usize>| found.map(|at| at as i64);
            assert_eq!(str_find(&p, a, b, 0).unwrap(), at(s.find(&needle)));
            assert_eq!(str_rfind(&p, a, b), at(s.rfind(&needle)));
            assert_eq!(str_starts_with(&p, a, b), s.starts_with(&needle));
            assert_eq!(str_ends_with(&p, a, b), s.ends_with(&needle));
            assert_eq!(str_replace(&p, a, b, c).unwrap().as_str(), s.replace(&needle, &to));
            assert_eq!(str_eq(&p, a, b), s == needle);
            assert_eq!(str_compare(&p, a, b), s.cmp(&needle) as i64);
            if !needle.is_empty() {
                let parts = str_split(&p, a, b);
                assert_eq!(strs(&p, parts), s.split(&needle).collect::<Vec<_>>());
                assert_eq!(str_join(&p, parts, c).unwrap().as_str(), s.replace(&needle, &to));
            }
            for from in 0..=s.len() {
                let expected = (from..=s.len()).find(|&at| s.is_char_boundary(at) && s[at..].starts_with(&needle));
                assert_eq!(str_find(&p, a, b, from as i64).unwrap(), at(expected), "{needle:?} in {s:?} from {from}");
            }
        }
    }

    #[test]
    fn bytes_become_a_string_in_place_if_they_are_many() {
        let p = process();
        for (n, capacity, in_place) in [
            (3, 0, false),
            (8192, 0, false),
            (8000, 8100, false),
            (8191, 8192, true),
            (9000, 10_000, true),
            (9000, 30_000, false),
        ] {
            let text = "é".repeat(n / 2) + &"x".repeat(n % 2);
            let bytes = new_bytes(&p, text.as_bytes());
            crate::stdlib::list::list_reserve(&p, bytes.object(), capacity).unwrap();
            let buffer = bytes.buffer();
            let s = bytes_into_str(&p, bytes).unwrap();
            assert_eq!((s.as_str(), bytes.len()), (&*text, 0));
            assert_eq!(s.object().address() == buffer.object().address(), in_place, "{n} bytes of {capacity}");
            // The string keeps its text, whatever becomes of the bytes.
            crate::stdlib::list::bytes_push_str(&p, bytes, p.new_str("other")).unwrap();
            assert_eq!((s.as_str(), bytes.bytes()), (&*text, &b"other"[..]));
        }
        let broken = new_bytes(&p, b"ab\xff");
        assert_eq!(message(&p, bytes_into_str(&p, broken).map(|_| ()).unwrap_err()), "invalid UTF-8 at byte 2");
        assert_eq!(broken.len(), 3);
    }

    #[test]
    fn parts_of_a_long_text_survive_as_long_as_they_are_referred_to() {
        for engine in [Engine::Generational, Engine::MarkSweep, Engine::None] {
            let mut types = Types::new();
            let strs_ty = types.list("[str]", STR);
            for gc_stress in [false, true] {
                let mut types = Types::new();
                assert_eq!(types.list("[str]", STR), strs_ty);
                let mut p = types.process_with(Options { engine, gc_stress, ..Options::default() });
                let texts: Vec<String> = (0..60_000u64).map(|i| "x".repeat(i as usize % 20) + &i.to_string()).collect();
                let all = str_split(&p, p.new_str(&texts.join(",")), p.new_str(",")).object().address();
                let few = p.new_list(strs_ty, 100).object().address();
                List::of(p.object(few)).set_len(100);
                for at in 0..100 {
                    let part = List::of(p.object(all)).get(Form::REF, at * 600);
                    List::of(p.object(few)).set(&p, Form::REF, at, part);
                }
                let mut roots = vec![all, few];
                for round in 0..8 {
                    p.request_collection(round % 2 == 1);
                    p.collect(&mut |visit| roots.iter_mut().for_each(&mut *visit)).unwrap();
                    let kept = strs(&p, List::of(p.object(*roots.last().unwrap())));
                    assert!(kept.iter().enumerate().all(|(at, part)| *part == texts[at * 600]));
                    match &roots[..] {
                        [all, _] => assert_eq!(strs(&p, List::of(p.object(*all))), texts),
                        // Moving collections leave the block to others in the end.
                        _ if round == 7 && engine == Engine::Generational => assert!(p.heap_stats().live < 100_000),
                        _ => {}
                    }
                    if round == 3 {
                        roots.remove(0);
                    }
                }
            }
        }
    }

    #[test]
    fn text_of_any_length_is_copied() {
        let text: Vec<u8> = (1..=40).collect();
        for len in 0..=text.len() {
            let mut to = vec![0; len];
            copy_text(&mut to, &text[..len]);
            assert_eq!(to, text[..len]);
        }
    }

    #[test]
    fn short_and_long_strings_compare_by_bytes() {
        let p = process();
        let texts = ["", "\0", "\0\0", "a", "a\0", "a\0b", "ab", "b", "é", "12345678", "123456780", "1234567\0"];
        let long = ["x".repeat(31), "x".repeat(32), "x".repeat(33), "x".repeat(32) + "y", "x".repeat(31) + "\0"];
        let all: Vec<&str> = texts.into_iter().chain(long.iter().map(String::as_str)).collect();
        for a in &all {
            for b in &all {
                let (x, y) = (p.new_str(a), p.new_str(b));
                assert_eq!((str_eq(&p, x, y), str_compare(&p, x, y)), (a == b, a.cmp(b) as i64), "{a:?} {b:?}");
            }
        }
    }

    #[test]
    fn an_empty_separator_parts_all_characters() {
        let p = process();
        let empty = p.new_str("");
        assert_eq!(strs(&p, str_split(&p, p.new_str("aé🐉"), empty)), ["a", "é", "🐉"]);
        assert_eq!(strs(&p, str_split(&p, empty, empty)), [""; 0]);
        assert_eq!(strs(&p, str_split(&p, empty, p.new_str(","))), [""]);
        assert_eq!(str_join(&p, str_split(&p, empty, empty), p.new_str(",")).unwrap().as_str(), "");
    }

    #[test]
    fn characters_are_unicodes() {
        let p = process();
        let s = p.new_str("aé🐉");
        let chars = str_chars(&p, s);
        let numbers: Vec<i64> = chars.cells::<i64>().iter().map(|cell| cell.get()).collect();
        assert_eq!((numbers, str_char_count(&p, s)), (vec![0x61, 0xe9, 0x1f409], 3));
        assert_eq!(str_from_chars(&p, chars).unwrap().as_str(), "aé🐉");
        assert_eq!((str_char_at(&p, s, 1).unwrap(), str_char_at(&p, s, 3).unwrap()), (0xe9, 0x1f409));
        assert_eq!(message(&p, str_char_at(&p, s, 2).unwrap_err()), "index 2 is not a character boundary");
        assert_eq!(message(&p, str_char_at(&p, s, 7).unwrap_err()), "index 7 out of range for length 7");
        assert_eq!(
            message(&p, str_from_char(&p, 0xd800).map(|_| ()).unwrap_err()),
            "55296 is not a Unicode code point"
        );
        assert_eq!(message(&p, str_from_char(&p, -1).map(|_| ()).unwrap_err()), "-1 is not a Unicode code point");
        assert_eq!(str_upper(&p, p.new_str("straße é")).as_str(), "STRASSE É");
        assert_eq!(str_lower(&p, p.new_str("ABC É")).as_str(), "abc é");
        assert_eq!(str_upper(&p, p.new_str("abc")).as_str(), "ABC");
        let padded = p.new_str("\u{3000} x \t\u{a0}");
        assert_eq!(str_trim(&p, padded).as_str(), "x");
        assert_eq!(str_trim_start(&p, padded).as_str(), "x \t\u{a0}");
        assert_eq!(str_trim_end(&p, padded).as_str(), "\u{3000} x");
    }

    #[test]
    fn slices_lie_on_characters() {
        let p = process();
        let s = p.new_str("aéb");
        assert_eq!(str_slice(&p, s, 1, 3).unwrap().as_str(), "é");
        assert_eq!(str_slice(&p, s, 4, 4).unwrap().as_str(), "");
        assert_eq!(str_slice(&p, s, 0, 4).unwrap().object().address(), s.object().address());
        let cases = [
            (str_slice(&p, s, 0, 2), "range 0..2 does not lie on character boundaries"),
            (str_slice(&p, s, 3, 1), "range 3..1 out of range for length 4"),
            (str_slice(&p, s, 0, 5), "range 0..5 out of range for length 4"),
        ];
        for (result, text) in cases {
            assert_eq!(message(&p, result.map(|_| ()).unwrap_err()), text);
        }
        assert_eq!(message(&p, str_find(&p, s, s, 5).unwrap_err()), "index 5 out of range for length 4");
    }

    #[test]
    fn strings_are_built_from_others_and_from_bytes() {
        let p = process();
        let s = p.new_str("añ");
        assert_eq!(str_repeat(&p, s, 3).unwrap().as_str(), "añañañ");
        assert_eq!(str_repeat(&p, p.new_str("-"), 1000).unwrap().as_str(), "-".repeat(1000));
        assert_eq!(str_repeat(&p, s, 0).unwrap().as_str(), "");
        assert_eq!(str_repeat(&p, p.new_str(""), i64::MAX).unwrap().as_str(), "");
        let error = str_repeat(&p, s, -1).map(|_| ()).unwrap_err();
        assert_eq!(message(&p, error), "negative number of repetitions: -1");
        assert_eq!(message(&p, str_repeat(&p, s, i64::MAX).map(|_| ()).unwrap_err()), "out of memory");

        let parts = [s.object().address(), p.new_str("").object().address(), p.new_str("b").object().address()];
        assert_eq!(str_concat(&p, parts.as_ptr() as u64, 3).unwrap().as_str(), "añb");
        assert_eq!(str_from_bytes(&p, str_to_bytes(&p, s)).unwrap().as_str(), "añ");
        let broken = new_bytes(&p, b"ab\xffc");
        assert_eq!(message(&p, str_from_bytes(&p, broken).map(|_| ()).unwrap_err()), "invalid UTF-8 at byte 2");
        assert_eq!(str_from_bytes_lossy(&p, broken).as_str(), "ab\u{fffd}c");
        assert_eq!(ptr_str(&p, c"x\u{e9}".as_ptr() as u64).as_str(), "xé");
        assert_eq!(ptr_str(&p, 0).as_str(), "");
    }

    #[test]
    fn numbers_are_read_and_written() {
        let p = process();
        assert_eq!(parse_int(&p, p.new_str("-ff"), 16).unwrap(), Some(-255));
        assert_eq!(parse_int(&p, p.new_str("12a"), 10).unwrap(), None);
        assert_eq!(message(&p, parse_int(&p, p.new_str("1"), 37).unwrap_err()), "radix 37 is not in 2..=36");
        assert_eq!(parse_float(&p, p.new_str("2.5e3")), Some(2500.0));
        assert_eq!(int_to_str_radix(&p, i64::MIN, 2).unwrap().as_str(), format!("-1{}", "0".repeat(63)));
        let fixed = |value, digits| float_to_fixed(&p, value, digits).unwrap().as_str();
        assert_eq!((fixed(2.675, 2), fixed(0.5, 0), fixed(1.5, 0), fixed(-0.04, 1)), ("2.67", "0", "2", "-0.0"));
        assert_eq!((fixed(1e300, 0).len(), fixed(f64::INFINITY, 3), fixed(f64::NAN, 3)), (301, "inf", "nan"));
        assert_eq!(fixed(1.0 / 3.0, 20), "0.33333333333333331483");
        let error = float_to_fixed(&p, 1.0, -1).map(|_| ()).unwrap_err();
        assert_eq!(message(&p, error), "number of digits -1 is not in 0..=1100");
    }
}
