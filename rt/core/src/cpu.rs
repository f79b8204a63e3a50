//! What the processor that this runs on can do.

/// The names of those features in `needed`, bits of the list in [`vitte_abi::cpu`], that this processor lacks.
pub(crate) fn missing(needed: u64) -> Vec<&'static str> {
    available().iter().enumerate().filter(|(bit, row)| needed >> bit & 1 != 0 && !row.1).map(|(_, row)| row.0).collect()
}

/// The features that can be asked for, and whether this processor has them.
fn available() -> Vec<(&'static str, bool)> {
    #[cfg(target_arch = "x86_64")]
    {
        macro_rules! ask {
            ($($name:tt)*) => { vec![$(($name, std::is_x86_feature_detected!($name))),*] };
        }
        vitte_abi::for_each_x86_64_feature!(ask)
    }
    #[cfg(target_arch = "aarch64")]
    {
        macro_rules! ask {
            ($($name:tt)*) => { vec![$(($name, std::arch::is_aarch64_feature_detected!($name))),*] };
        }
        vitte_abi::for_each_aarch64_feature!(ask)
    }
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    vec![]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_processor_has_what_it_has() {
        let has = available().iter().enumerate().fold(0, |bits, (bit, row)| bits | u64::from(row.1) << bit);
        assert!(missing(has).is_empty());
        let all: Vec<_> = available().iter().filter(|row| !row.1).map(|row| row.0).collect();
        assert_eq!(missing(u64::MAX), all);
    }
}
