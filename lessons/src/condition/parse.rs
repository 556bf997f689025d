//! Reading conditions: a tokenizer and a descent by precedence. Depth and length are bounded: a stranger's lesson cannot
//! exhaust the stack.

use super::{Comparison, Condition, Node};
use sim::Span;

/// The longest condition read.
const LENGTH_LIMIT: usize = 2_000;
/// The deepest nesting read.
const DEPTH_LIMIT: u32 = 40;

/// A condition that does not read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("condition not understood at character {at}: {reason}")]
pub struct BadCondition {
    /// Where, counted in characters from 1.
    pub at: usize,
    /// What was found and what may stand there.
    pub reason: String,
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Word(String),
    Quoted(String),
    Number(i64),
    Span(Span),
    Mark(&'static str),
}

const MARKS: &[&str] = &["<=", ">=", "!=", "<", ">", "=", "(", ")", ",", "+", "-"];

pub(super) fn parse(text: &str) -> Result<Condition, BadCondition> {
    if text.len() > LENGTH_LIMIT {
        return Err(BadCondition { at: 1, reason: format!("longer than {LENGTH_LIMIT} characters") });
    }
    let tokens = tokens(text)?;
    let mut parser = Parser { tokens, at: 0, depth: 0, end: text.chars().count() + 1 };
    let root = parser.or()?;
    match parser.peek() {
        None => Ok(Condition { text: text.trim().to_owned(), root }),
        Some(_) => Err(parser.wrong("expected “and”, “or” or the end")),
    }
}

fn tokens(text: &str) -> Result<Vec<(usize, Token)>, BadCondition> {
    let chars: Vec<char> = text.chars().collect();
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        let start = at;
        let here = chars[at];
        if here.is_whitespace() {
            at += 1;
            continue;
        }
        if here == '"' {
            let close = chars[at + 1..].iter().position(|c| *c == '"').ok_or_else(|| BadCondition {
                at: start + 1,
                reason: "a quotation mark without its partner".to_owned(),
            })?;
            tokens.push((start, Token::Quoted(chars[at + 1..at + 1 + close].iter().collect())));
            at += close + 2;
            continue;
        }
        let rest: String = chars[at..chars.len().min(at + 2)].iter().collect();
        if let Some(mark) = MARKS.iter().find(|mark| rest.starts_with(**mark)) {
            tokens.push((start, Token::Mark(mark)));
            at += mark.len();
            continue;
        }
        while at < chars.len() && in_word(chars[at], at > start, chars.get(at + 1)) {
            at += 1;
        }
        if at == start {
            return Err(BadCondition { at: start + 1, reason: format!("“{here}” does not belong here") });
        }
        tokens.push((start, word(chars[start..at].iter().collect())));
    }
    Ok(tokens)
}

/// Letters, digits, `_`, `@`, `*`, `.`, `'`; a hyphen inside a word (`no-lost-write`), but not before a space.
fn in_word(c: char, inside: bool, next: Option<&char>) -> bool {
    c.is_alphanumeric()
        || matches!(c, '_' | '@' | '*' | '.' | '\'' | '→')
        || (c == '-' && inside && next.is_some_and(|next| next.is_alphanumeric()))
}

fn word(text: String) -> Token {
    if let Ok(number) = text.parse::<i64>() {
        return Token::Number(number);
    }
    if text.starts_with(|c: char| c.is_ascii_digit())
        && let Ok(span) = text.parse::<Span>()
    {
        return Token::Span(span);
    }
    Token::Word(text)
}

struct Parser {
    tokens: Vec<(usize, Token)>,
    at: usize,
    depth: u32,
    end: usize,
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at).map(|(_, token)| token)
    }

    fn wrong(&self, reason: &str) -> BadCondition {
        let at = self.tokens.get(self.at).map_or(self.end, |(at, _)| at + 1);
        BadCondition { at, reason: reason.to_owned() }
    }

    fn eat_word(&mut self, word: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Word(w)) if w == word);
        self.at += usize::from(found);
        found
    }

    fn eat(&mut self, mark: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Mark(m)) if *m == mark);
        self.at += usize::from(found);
        found
    }

    fn or(&mut self) -> Result<Node, BadCondition> {
        let mut left = self.and()?;
        while self.eat_word("or") {
            left = Node::Or(Box::new(left), Box::new(self.and()?));
        }
        Ok(left)
    }

    fn and(&mut self) -> Result<Node, BadCondition> {
        let mut left = self.not()?;
        while self.eat_word("and") {
            left = Node::And(Box::new(left), Box::new(self.not()?));
        }
        Ok(left)
    }

    fn not(&mut self) -> Result<Node, BadCondition> {
        self.depth += 1;
        if self.depth > DEPTH_LIMIT {
            return Err(self.wrong("nested too deeply"));
        }
        let node = if self.eat_word("not") { Node::Not(Box::new(self.not()?)) } else { self.comparison()? };
        self.depth -= 1;
        Ok(node)
    }

    fn comparison(&mut self) -> Result<Node, BadCondition> {
        let left = self.sum()?;
        let comparisons = [
            ("<=", Comparison::AtMost),
            (">=", Comparison::AtLeast),
            ("!=", Comparison::Differs),
            ("<", Comparison::Less),
            (">", Comparison::More),
            ("=", Comparison::Equal),
        ];
        for (mark, comparison) in comparisons {
            if self.eat(mark) {
                return Ok(Node::Compare(comparison, Box::new(left), Box::new(self.sum()?)));
            }
        }
        Ok(left)
    }

    fn sum(&mut self) -> Result<Node, BadCondition> {
        let mut left = self.term()?;
        loop {
            if self.eat("+") {
                left = Node::Add(Box::new(left), Box::new(self.term()?));
            } else if self.eat("-") {
                left = Node::Subtract(Box::new(left), Box::new(self.term()?));
            } else {
                return Ok(left);
            }
        }
    }

    fn term(&mut self) -> Result<Node, BadCondition> {
        if self.eat("(") {
            let node = self.or()?;
            return if self.eat(")") { Ok(node) } else { Err(self.wrong("expected “)”")) };
        }
        match self.peek().cloned() {
            Some(Token::Number(n)) => {
                self.at += 1;
                Ok(Node::Number(n))
            }
            Some(Token::Span(span)) => {
                self.at += 1;
                Ok(Node::Span(span))
            }
            Some(Token::Quoted(text)) => {
                self.at += 1;
                Ok(Node::Words(vec![text]))
            }
            Some(Token::Word(word)) if !matches!(word.as_str(), "and" | "or") => {
                self.at += 1;
                if self.eat("(") { self.call(word) } else { Ok(self.words(word)) }
            }
            _ => Err(self.wrong("expected a word, a number, a length of time or “(”")),
        }
    }

    fn words(&mut self, first: String) -> Node {
        let mut words = vec![first];
        while let Some(Token::Word(word)) = self.peek() {
            if matches!(word.as_str(), "and" | "or" | "not") {
                break;
            }
            words.push(word.clone());
            self.at += 1;
        }
        Node::Words(words)
    }

    fn call(&mut self, name: String) -> Result<Node, BadCondition> {
        let mut arguments = Vec::new();
        if self.eat(")") {
            return Ok(Node::Call(name, arguments));
        }
        loop {
            arguments.push(self.or()?);
            if self.eat(")") {
                return Ok(Node::Call(name, arguments));
            }
            if !self.eat(",") {
                return Err(self.wrong("expected “,” or “)”"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn precedence() {
        let node = parse("not a(x) and b() or 1s + 2s > c(n1 n2, 3)").unwrap().root;
        let Node::Or(left, right) = node else { panic!() };
        assert!(matches!(*left, Node::And(..)));
        assert!(matches!(*right, Node::Compare(Comparison::More, ..)));
    }

    #[test]
    fn mistakes_are_told() {
        for (wrong, at) in
            [("", 1), ("a(", 3), ("a and", 6), ("a b) c", 4), ("\"x", 1), ("a = ", 5), ("#", 1)]
        {
            let error = parse(wrong).unwrap_err();
            assert_eq!(error.at, at, "{wrong}: {error}");
        }
        assert!(parse(&"(".repeat(500)).is_err());
        assert!(parse(&"not ".repeat(400)).is_err());
    }

    proptest! {
        #[test]
        fn never_panics(text in ".{0,80}") {
            let _ = parse(&text);
        }
    }
}
