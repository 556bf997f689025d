//! [`Few`]: a map of few keys.
//!
//! There are some twenty models and anomalies: for them pairs in a vector, in the order of their keys, are as quick as any
//! tree, and a tenth of the code.

/// A map of few keys. See the module.
#[derive(Clone, Debug)]
pub(crate) struct Few<K, V> {
    pairs: Vec<(K, V)>,
}

impl<K, V> Default for Few<K, V> {
    fn default() -> Self {
        Self { pairs: Vec::new() }
    }
}

impl<K: Ord, V> Few<K, V> {
    fn place(&self, key: &K) -> Result<usize, usize> {
        self.pairs.binary_search_by(|(known, _)| known.cmp(key))
    }

    /// What stands under a key.
    pub(crate) fn get(&self, key: &K) -> Option<&V> {
        self.place(key).ok().map(|place| &self.pairs[place].1)
    }

    /// Whether something stands under a key.
    pub(crate) fn contains(&self, key: &K) -> bool {
        self.place(key).is_ok()
    }

    /// Puts a value under a key, in the place of what stood there.
    pub(crate) fn insert(&mut self, key: K, value: V) {
        match self.place(&key) {
            Ok(place) => self.pairs[place].1 = value,
            Err(place) => self.pairs.insert(place, (key, value)),
        }
    }

    /// What stands under a key, to be changed.
    pub(crate) fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        self.place(key).ok().map(|place| &mut self.pairs[place].1)
    }

    /// The pairs in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.pairs.iter().map(|(key, value)| (key, value))
    }

    /// The keys in order.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &K> {
        self.pairs.iter().map(|(key, _)| key)
    }

    /// The values, in the order of their keys.
    pub(crate) fn values(&self) -> impl Iterator<Item = &V> + Clone {
        self.pairs.iter().map(|(_, value)| value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_in_order_and_once() {
        let mut few = Few::default();
        for (key, value) in [(3, 'c'), (1, 'a'), (2, 'x'), (2, 'b')] {
            few.insert(key, value);
        }
        assert_eq!(
            few.iter().map(|(key, value)| (*key, *value)).collect::<Vec<_>>(),
            [(1, 'a'), (2, 'b'), (3, 'c')]
        );
        assert_eq!((few.get(&2), few.get(&4)), (Some(&'b'), None));
        if let Some(value) = few.get_mut(&3) {
            *value = 'd';
        }
        assert_eq!(few.values().collect::<String>(), "abd");
        assert!(few.contains(&1) && !few.contains(&0));
    }
}
