//! A growing row of numbers that can only rise, with the largest of any stretch in logarithmic time.

/// A segment tree of maxima.
#[derive(Clone, Debug, Default)]
pub(crate) struct MaxTree {
    /// Node 1 is the root; the leaves begin at half the length.
    nodes: Vec<u64>,
    length: u32,
}

impl MaxTree {
    fn leaves(&self) -> usize {
        self.nodes.len() / 2
    }

    /// Adds a number at the end.
    pub(crate) fn push(&mut self, value: u64) {
        let leaves = self.leaves();
        if self.length as usize == leaves {
            let mut nodes = vec![0; (leaves * 4).max(8)];
            let start = nodes.len() / 2;
            nodes[start..start + leaves].copy_from_slice(&self.nodes[leaves..]);
            for node in (1..start).rev() {
                nodes[node] = nodes[2 * node].max(nodes[2 * node + 1]);
            }
            self.nodes = nodes;
        }
        self.length += 1;
        self.raise(self.length - 1, value);
    }

    /// Raises the number at `place` to `value`; a smaller one leaves it as it is.
    pub(crate) fn raise(&mut self, place: u32, value: u64) {
        let mut node = self.leaves() + place as usize;
        while node > 0 && self.nodes[node] < value {
            self.nodes[node] = value;
            node /= 2;
        }
    }

    /// The largest number in `from..to`, 0 if there is none.
    pub(crate) fn max(&self, from: u32, to: u32) -> u64 {
        let leaves = self.leaves();
        let (mut low, mut high) = (from as usize + leaves, to as usize + leaves);
        let mut largest = 0;
        while low < high {
            if low & 1 == 1 {
                largest = largest.max(self.nodes[low]);
                low += 1;
            }
            if high & 1 == 1 {
                high -= 1;
                largest = largest.max(self.nodes[high]);
            }
            low /= 2;
            high /= 2;
        }
        largest
    }

    /// The first place in `from..to` whose number is larger than `bound`.
    pub(crate) fn first_above(&self, from: u32, to: u32, bound: u64) -> Option<u32> {
        (from..to).find(|place| self.nodes[self.leaves() + *place as usize] > bound)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_maximum_of_every_stretch_is_that_of_a_scan() {
        let mut tree = MaxTree::default();
        let mut plain: Vec<u64> = Vec::new();
        for step in 0..70_u64 {
            let value = step * 37 % 23;
            tree.push(value);
            plain.push(value);
            let place = (step * 13 % (step + 1)) as usize;
            tree.raise(place as u32, step * 5 % 29);
            plain[place] = plain[place].max(step * 5 % 29);
            for from in 0..=plain.len() {
                for to in from..=plain.len() {
                    let largest = plain[from..to].iter().copied().max().unwrap_or(0);
                    assert_eq!(tree.max(from as u32, to as u32), largest);
                    let above = (from..to).find(|place| plain[*place] > 11).map(|place| place as u32);
                    assert_eq!(tree.first_above(from as u32, to as u32, 11), above);
                }
            }
        }
    }
}
