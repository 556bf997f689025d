//! Sorted maps and sets do what `std`'s do, and show themselves alike.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use proptest::prelude::*;
use sim::ordered::{Entry, SortedMap, SortedSet};

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

proptest! {
    #[test]
    fn a_map_does_what_a_b_tree_does(steps in proptest::collection::vec((0u8..12, 0u8..20, any::<u16>()), 0..120)) {
        let (mut ours, mut other) = (SortedMap::new(), BTreeMap::new());
        for (step, key, value) in steps {
            match step {
                0..=3 => prop_assert_eq!(ours.insert(key, value), other.insert(key, value)),
                4 => prop_assert_eq!(ours.remove(&key), other.remove(&key)),
                5 => {
                    *ours.entry(key).or_insert(value) ^= 1;
                    *other.entry(key).or_insert(value) ^= 1;
                }
                6 => prop_assert_eq!(ours.pop_first(), other.pop_first()),
                7 => prop_assert_eq!(ours.pop_last(), other.pop_last()),
                8 => {
                    ours.retain(|known, value| { *value = value.wrapping_add(1); known % 3 != key % 3 });
                    other.retain(|known, value| { *value = value.wrapping_add(1); known % 3 != key % 3 });
                }
                9 => prop_assert!(ours.split_off(&key).iter().eq(other.split_off(&key).iter())),
                10 => {
                    ours.range_mut(..key).for_each(|(_, known)| *known = value);
                    other.range_mut(..key).for_each(|(_, known)| *known = value);
                }
                _ => if let Entry::Occupied(place) = ours.entry(key) {
                    prop_assert_eq!(Some(place.remove_entry()), other.remove_entry(&key));
                } else {
                    prop_assert!(!other.contains_key(&key));
                },
            }
            prop_assert!(ours.iter().eq(other.iter()));
            prop_assert!(ours.range(key..).eq(other.range(key..)));
            prop_assert!(ours.range(..=key).rev().eq(other.range(..=key).rev()));
            prop_assert_eq!(ours.get(&key), other.get(&key));
            prop_assert_eq!((ours.first_key_value(), ours.last_key_value()), (other.first_key_value(), other.last_key_value()));
        }
        prop_assert_eq!(hash(&ours), hash(&other));
        prop_assert_eq!(format!("{ours:?} {ours:#?}"), format!("{other:?} {other:#?}"));
        let text = serde_json::to_string(&ours).unwrap();
        prop_assert_eq!(&text, &serde_json::to_string(&other).unwrap());
        prop_assert_eq!(serde_json::from_str::<SortedMap<u8, u16>>(&text).unwrap(), ours);
    }

    #[test]
    fn a_set_does_what_a_b_tree_does(one in proptest::collection::vec(0u8..30, 0..40), two in proptest::collection::vec(0u8..30, 0..40)) {
        let (mut ours, mut other): (SortedSet<u8>, BTreeSet<u8>) = (one.iter().copied().collect(), one.iter().copied().collect());
        let (ours_two, other_two): (SortedSet<u8>, BTreeSet<u8>) = (two.iter().copied().collect(), two.iter().copied().collect());
        prop_assert!(ours.union(&ours_two).eq(other.union(&other_two)));
        prop_assert!(ours.intersection(&ours_two).eq(other.intersection(&other_two)));
        prop_assert!(ours.difference(&ours_two).eq(other.difference(&other_two)));
        prop_assert_eq!(
            (ours.is_subset(&ours_two), ours.is_superset(&ours_two), ours.is_disjoint(&ours_two), ours.cmp(&ours_two)),
            (other.is_subset(&other_two), other.is_superset(&other_two), other.is_disjoint(&other_two), other.cmp(&other_two))
        );
        prop_assert!((&ours | &ours_two).iter().eq(&(&other | &other_two)));
        prop_assert!((&ours & &ours_two).iter().eq(&(&other & &other_two)));
        prop_assert!((&ours - &ours_two).iter().eq(&(&other - &other_two)));
        for item in two {
            prop_assert!(ours.range(item..).eq(other.range(item..)));
            prop_assert_eq!(ours.remove(&item), other.remove(&item));
            prop_assert_eq!(ours.insert(item / 2), other.insert(item / 2));
            prop_assert_eq!((ours.first(), ours.last(), ours.len()), (other.first(), other.last(), other.len()));
        }
        prop_assert_eq!(hash(&ours), hash(&other));
        prop_assert_eq!(format!("{ours:?}"), format!("{other:?}"));
        let text = serde_json::to_string(&ours).unwrap();
        prop_assert_eq!(&text, &serde_json::to_string(&other).unwrap());
        prop_assert_eq!(serde_json::from_str::<SortedSet<u8>>(&text).unwrap(), ours);
    }
}
