//! One event of a file as it was written, before anyone says what it means.
//!
//! A [`Tape`] holds the values of one event in the order in which they stand, in two buffers that are used again for
//! the next: reading a file of any length allocates nothing for its syntax. An [`Item`] is one value on it. EDN and
//! JSON are read onto the same tape, so that whatever understands the one understands the other.

/// What kind of value stands on a tape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `nil`, `null`.
    Nil,
    /// A whole number that fits 64 bits.
    Int,
    /// Text in quotes.
    Text,
    /// Anything else without parts, as it was written: a keyword (with its colon), `true`, `1.5`, `1/2`, `\a`, a symbol.
    Word,
    /// `[..]` or `(..)`.
    List,
    /// `#{..}`.
    Set,
    /// `{..}`: keys and values by turns.
    Map,
}

#[derive(Clone, Copy, Debug)]
struct Node {
    kind: Kind,
    /// The number of the node after this one and its parts.
    next: u32,
    /// An [`Kind::Int`]; or where the text begins and ends, 32 bits each.
    data: u64,
}

/// The values of one event.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tape {
    nodes: Vec<Node>,
    text: String,
}

impl Tape {
    /// The first value; `None` where nothing was read.
    pub(crate) fn root(&self) -> Option<Item<'_>> {
        (!self.nodes.is_empty()).then_some(Item { tape: self, at: 0 })
    }

    pub(super) fn clear(&mut self) {
        self.nodes.clear();
        self.text.clear();
    }

    /// How many values stand on it.
    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Takes everything after the first `len` values off again.
    pub(super) fn truncate(&mut self, len: usize) {
        self.nodes.truncate(len);
    }

    pub(super) fn nil(&mut self) {
        self.push(Kind::Nil, 0);
    }

    pub(super) fn int(&mut self, number: i64) {
        self.push(Kind::Int, number as u64);
    }

    /// A text or a word.
    pub(super) fn text(&mut self, kind: Kind, text: &str) {
        let start = self.text.len() as u64;
        self.text.push_str(text);
        self.push(kind, start << 32 | self.text.len() as u64);
    }

    /// A value with parts begins; [`Self::close`] ends it.
    pub(super) fn open(&mut self, kind: Kind) -> usize {
        self.push(kind, 0);
        self.nodes.len() - 1
    }

    pub(super) fn close(&mut self, opened: usize) {
        self.nodes[opened].next = self.nodes.len() as u32;
    }

    fn push(&mut self, kind: Kind, data: u64) {
        let next = self.nodes.len() as u32 + 1;
        self.nodes.push(Node { kind, next, data });
    }
}

/// A value on a tape.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Item<'t> {
    tape: &'t Tape,
    at: u32,
}

impl<'t> Item<'t> {
    fn node(self) -> Node {
        self.tape.nodes[self.at as usize]
    }

    pub(crate) fn kind(self) -> Kind {
        self.node().kind
    }

    pub(crate) fn is_nil(self) -> bool {
        self.kind() == Kind::Nil
    }

    /// The whole number, if it is one.
    pub(crate) fn int(self) -> Option<i64> {
        let node = self.node();
        (node.kind == Kind::Int).then_some(node.data as i64)
    }

    /// The text as written, of a text or a word.
    pub(crate) fn text(self) -> Option<&'t str> {
        let node = self.node();
        match node.kind {
            Kind::Text | Kind::Word => {
                self.tape.text.get((node.data >> 32) as usize..(node.data & 0xffff_ffff) as usize)
            }
            _ => None,
        }
    }

    /// The name that a keyword, a symbol or a text says: `:read`, `read` and `"read"` all say `read`.
    pub(crate) fn name(self) -> Option<&'t str> {
        let text = self.text()?;
        Some(if self.kind() == Kind::Word { text.strip_prefix(':').unwrap_or(text) } else { text })
    }

    /// The parts of a list or a set; keys and values of a map by turns; nothing for others.
    pub(crate) fn items(self) -> Items<'t> {
        let node = self.node();
        let end = match node.kind {
            Kind::List | Kind::Set | Kind::Map => node.next,
            _ => self.at + 1,
        };
        Items { tape: self.tape, at: self.at + 1, end }
    }

    /// Keys and values of a map.
    pub(crate) fn pairs(self) -> impl Iterator<Item = (Item<'t>, Item<'t>)> {
        let mut items =
            if self.kind() == Kind::Map { self.items() } else { Items { tape: self.tape, at: 0, end: 0 } };
        std::iter::from_fn(move || Some((items.next()?, items.next()?)))
    }

    /// The parts of a list of exactly `N`.
    pub(crate) fn parts<const N: usize>(self) -> Option<[Item<'t>; N]> {
        if self.kind() != Kind::List {
            return None;
        }
        let mut items = self.items();
        let mut parts = [self; N];
        for part in &mut parts {
            *part = items.next()?;
        }
        items.next().is_none().then_some(parts)
    }

    /// As it would be written, shortened: for messages.
    pub(crate) fn shown(self) -> String {
        const MOST: usize = 40;
        let mut text = String::new();
        self.show(&mut text, MOST);
        if text.chars().count() > MOST {
            text = text.chars().take(MOST).chain(['…']).collect();
        }
        text
    }

    fn show(self, text: &mut String, most: usize) {
        if text.len() > most {
            return;
        }
        let node = self.node();
        match node.kind {
            Kind::Nil => text.push_str("nil"),
            Kind::Int => text.push_str(&(node.data as i64).to_string()),
            Kind::Text => {
                text.push('"');
                text.extend(self.text().unwrap_or_default().chars().take(most));
                text.push('"');
            }
            Kind::Word => text.extend(self.text().unwrap_or_default().chars().take(most)),
            Kind::List | Kind::Set | Kind::Map => {
                let (open, close) = match node.kind {
                    Kind::List => ("[", "]"),
                    Kind::Set => ("#{", "}"),
                    _ => ("{", "}"),
                };
                text.push_str(open);
                for (place, item) in self.items().enumerate() {
                    if place > 0 {
                        text.push(' ');
                    }
                    item.show(text, most);
                    if text.len() > most {
                        break;
                    }
                }
                text.push_str(close);
            }
        }
    }
}

/// Values one after another.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Items<'t> {
    tape: &'t Tape,
    at: u32,
    end: u32,
}

impl<'t> Iterator for Items<'t> {
    type Item = Item<'t>;

    fn next(&mut self) -> Option<Item<'t>> {
        if self.at >= self.end {
            return None;
        }
        let item = Item { tape: self.tape, at: self.at };
        self.at = item.node().next;
        Some(item)
    }
}
