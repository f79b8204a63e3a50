//! The collector, as programs see it.

use super::string::list_of_int;
use crate::Process;
use crate::object::List;

/// Collects everything at the next safepoint.
pub fn gc_collect(p: &Process) {
    p.request_collection(true);
}

/// Bytes in live objects, bytes reserved, minor and major collections so far.
pub fn gc_stats(p: &Process) -> List<'_> {
    let stats = p.heap_stats();
    list_of_int(p, [stats.live, stats.reserved, stats.minor, stats.major].into_iter().map(|count| count as i64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Types;
    use vitte_abi::object::type_id::INT;

    #[test]
    fn programs_can_watch_and_ask_for_collections() {
        let mut types = Types::new();
        types.list("[int]", INT);
        let mut p = types.process();
        let counts = |p: &Process| -> Vec<i64> { gc_stats(p).cells::<i64>().iter().map(|cell| cell.get()).collect() };
        let before = counts(&p);
        (0..1_000).for_each(|_| _ = p.new_str("a string that is dropped at once"));
        assert!(counts(&p)[0] >= before[0] + 40_000);
        gc_collect(&p);
        assert!(p.collection_due());
        p.collect(&mut |_| {}).unwrap();
        let after = counts(&p);
        assert!(after[0] < 10_000 && after[3] == before[3] + 1, "{before:?} {after:?}");
    }
}
