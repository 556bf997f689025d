//! Random small histories: run by a store that is serial, or takes old snapshots, or makes things up; then spoilt a
//! little.

use check::Outcome;

use super::{Act, Plain, PlainHistory, Random, Sight};

/// How the store behaves.
#[derive(Clone, Copy, Debug)]
enum Store {
    /// One after another.
    Serial,
    /// Each reads some old state, commits on top of the newest.
    Stale,
    /// Each read sees any state at all.
    Wild,
}

/// A random history of at most so many transactions.
pub fn small(random: &mut Random, lists: bool, most: u32) -> PlainHistory {
    let count = 1 + random.below(most);
    let keys = 1 + random.below(3);
    let processes = 1 + random.below(count);
    let store = match random.below(4) {
        0 => Store::Serial,
        1 | 2 => Store::Stale,
        _ => Store::Wild,
    };
    // The states of each key that there have been.
    let mut states: Vec<Vec<Vec<i64>>> = vec![vec![Vec::new()]; keys as usize];
    let mut values = 0;
    let mut clock = 0;
    let mut free = vec![0_u64; processes as usize];
    let mut transactions = Vec::new();
    for _ in 0..count {
        let process = random.below(processes);
        let (outcome, kept) = match random.below(12) {
            0 => (Outcome::Failed, random.chance(15)),
            1 => (Outcome::Unknown, random.chance(50)),
            _ => (Outcome::Ok, true),
        };
        let snapshot: Vec<usize> = states
            .iter()
            .map(|states| {
                let newest = states.len() - 1;
                match store {
                    Store::Serial => newest,
                    Store::Stale => newest - random.below(newest.min(2) as u32 + 1) as usize,
                    Store::Wild => random.below(newest as u32 + 1) as usize,
                }
            })
            .collect();
        let mut own: Vec<Vec<i64>> = vec![Vec::new(); keys as usize];
        let mut acts = Vec::new();
        for _ in 0..1 + random.below(3) {
            let key = random.below(keys);
            let at = key as usize;
            if random.chance(50) {
                values += 1;
                own[at].push(values);
                acts.push(Act::Write(key, values));
                continue;
            }
            let state = match store {
                Store::Wild if random.chance(50) => random.below(states[at].len() as u32) as usize,
                _ => snapshot[at],
            };
            let seen: Vec<i64> = states[at][state].iter().chain(&own[at]).copied().collect();
            acts.push(Act::Read(key, sight(random, lists, seen, values)));
        }
        if kept {
            for (key, own) in own.iter().enumerate().filter(|(_, own)| !own.is_empty()) {
                let newest = states[key].last().cloned().unwrap_or_default();
                // A write of several values shows all of them in between to whoever looks at old states.
                for taken in 1..=own.len() {
                    if taken == own.len() || random.chance(10) {
                        states[key].push(newest.iter().chain(&own[..taken]).copied().collect());
                    }
                }
            }
        }
        clock += 1 + u64::from(random.below(3));
        let began = clock.saturating_sub(u64::from(random.below(8))).max(free[process as usize] + 1);
        let ended = clock.max(began) + u64::from(random.below(4));
        free[process as usize] = ended;
        transactions.push(Plain { process: process.into(), outcome, ran: Some((began, ended)), acts });
    }
    if random.chance(15) {
        for plain in &mut transactions {
            plain.ran = None;
        }
    }
    spoil(random, &mut transactions);
    PlainHistory { lists, transactions }
}

fn sight(random: &mut Random, lists: bool, mut seen: Vec<i64>, values: i64) -> Sight {
    if random.chance(3) {
        return Sight::Unknown;
    }
    if random.chance(4) && !seen.is_empty() {
        match random.below(4) {
            0 => {
                seen.pop();
            }
            1 => seen.push(1 + i64::from(random.below(values as u32 + 2))),
            2 => {
                let (a, b) = (random.below(seen.len() as u32), random.below(seen.len() as u32));
                seen.swap(a as usize, b as usize);
            }
            _ => {
                seen.remove(random.below(seen.len() as u32) as usize);
            }
        }
    }
    if lists { Sight::List(seen) } else { Sight::Value(seen.last().copied()) }
}

/// Swaps two transactions of different processes now and then, so that their order in the file says nothing.
fn spoil(random: &mut Random, transactions: &mut [Plain]) {
    for at in 1..transactions.len() {
        if random.chance(30) && transactions[at].process != transactions[at - 1].process {
            transactions.swap(at, at - 1);
        }
    }
}

/// A history in which many write the same few registers blindly and read others': where reads tell little of the order
/// of versions.
pub fn contended(random: &mut Random, count: u32) -> PlainHistory {
    let keys = 1 + random.below(3);
    let mut held: Vec<Vec<i64>> = vec![Vec::new(); keys as usize];
    let mut transactions = Vec::new();
    for value in 1..=i64::from(count) {
        let mut acts = Vec::new();
        let own = random.below(keys);
        for key in (0..keys).filter(|key| *key != own) {
            if random.chance(60) {
                let values = &held[key as usize];
                let back = random.below(3.min(values.len() as u32 + 1)) as usize;
                acts.push(Act::Read(key, Sight::Value(values.iter().rev().nth(back).copied())));
            }
        }
        if random.chance(85) {
            acts.push(Act::Write(own, value));
            held[own as usize].push(value);
        }
        let process = u64::from(random.below(count));
        transactions.push(Plain { process, outcome: Outcome::Ok, ran: None, acts });
    }
    PlainHistory { lists: false, transactions }
}
