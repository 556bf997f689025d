//! Cuts: the dashed line that shows one, and the commands that a drawn line means.
//!
//! A cut in force is drawn where both sides are equally near: [`frontiers`] walks that curve over a grid, keeps the parts
//! that lie between linked nodes, and smooths them. A line drawn by hand is the other way round: [`commands`] takes the
//! links it crosses and says it with as few `cut` commands as possible: groups where it separates the nodes, else the
//! pairs it hit.

use sim::ordered::{SortedMap, SortedSet};

use eframe::egui::{Pos2, Rect, Vec2, pos2};
use sim::ActorId;
use sim::command::{Command, Who};

/// A link between two actors.
pub type Pair = (ActorId, ActorId);

/// Where two segments cross, as the part of the way along each.
pub fn crossing(a: [Pos2; 2], b: [Pos2; 2]) -> Option<(f32, f32)> {
    let (u, v, w) = (a[1] - a[0], b[1] - b[0], b[0] - a[0]);
    let cross = |p: Vec2, q: Vec2| p.x * q.y - p.y * q.x;
    let area = cross(u, v);
    if area.abs() < 1e-6 {
        return None;
    }
    let (along_a, along_b) = (cross(w, v) / area, cross(w, u) / area);
    ((0.0..=1.0).contains(&along_a) && (0.0..=1.0).contains(&along_b)).then_some((along_a, along_b))
}

/// Where a segment meets a line first, as the part of the way along the segment.
pub fn meets(segment: [Pos2; 2], line: &[Pos2]) -> Option<f32> {
    line.windows(2)
        .filter_map(|part| crossing(segment, [part[0], part[1]]))
        .map(|(along, _)| along)
        .min_by(f32::total_cmp)
}

/// Distance of a point from a segment.
pub fn distance(point: Pos2, [from, to]: [Pos2; 2]) -> f32 {
    let along = to - from;
    let length = along.length_sq();
    let part = if length > 0.0 { ((point - from).dot(along) / length).clamp(0.0, 1.0) } else { 0.0 };
    point.distance(from + along * part)
}

/// The commands for a line that crosses `crossed` of all `links`.
pub fn commands(links: &[Pair], crossed: &[Pair]) -> Vec<Command> {
    let crossed: SortedSet<Pair> = crossed.iter().map(|&pair| sorted(pair)).collect();
    if crossed.is_empty() {
        return Vec::new();
    }
    let groups = components(links, &crossed);
    let whole = groups.len() > 1 && {
        let side = |actor| groups.iter().position(|group| group.contains(&actor));
        crossed.iter().any(|&(a, b)| a.is_node() && b.is_node() && side(a) != side(b))
    };
    let mut commands = Vec::new();
    let mut rest = crossed.clone();
    if whole {
        let groups = with_clients(groups, links, &crossed);
        let side = |actor| groups.iter().position(|group| group.contains(&actor));
        // What joins two nodes of one group was crossed by the way, twice or by a bend: the groups say it all.
        rest.retain(|&(a, b)| (a.is_client() || b.is_client()) && !differ(side(a), side(b)));
        commands.push(cut(groups));
    }
    // The others as stars: the actor with most of them, against those it was linked to.
    while !rest.is_empty() {
        let mut degrees: SortedMap<ActorId, usize> = SortedMap::new();
        for &(a, b) in &rest {
            *degrees.entry(a).or_default() += 1;
            *degrees.entry(b).or_default() += 1;
        }
        let most = degrees.values().copied().max().unwrap_or(0);
        let Some(hub) = degrees.into_iter().find(|(_, degree)| *degree == most).map(|(actor, _)| actor)
        else {
            break;
        };
        let others =
            rest.iter().filter_map(|&(a, b)| if a == hub { Some(b) } else { (b == hub).then_some(a) });
        let others: Vec<ActorId> = others.collect();
        rest.retain(|&(a, b)| a != hub && b != hub);
        let (hub, others) =
            if others.len() == 1 && others[0] < hub { (others[0], vec![hub]) } else { (hub, others) };
        commands.push(cut(vec![vec![hub], others]));
    }
    commands
}

fn differ(a: Option<usize>, b: Option<usize>) -> bool {
    matches!((a, b), (Some(a), Some(b)) if a != b)
}

/// Cuts these off from all other nodes.
pub fn cut_off(actors: &[ActorId], everybody: &[ActorId]) -> Option<Command> {
    let inside: Vec<ActorId> = everybody.iter().copied().filter(|actor| actors.contains(actor)).collect();
    let outside: Vec<ActorId> =
        everybody.iter().copied().filter(|actor| actor.is_node() && !actors.contains(actor)).collect();
    (!inside.is_empty() && !outside.is_empty()).then(|| cut(vec![inside, outside]))
}

/// A cut between these groups, until it is mended.
pub fn cut(groups: Vec<Vec<ActorId>>) -> Command {
    let groups = groups.into_iter().map(|group| group.into_iter().map(Who::Actor).collect()).collect();
    Command::Cut { groups, span: None }
}

/// How the groups of a cut are written on screen: `n1 | n2 n3`.
pub fn words(command: &Command) -> String {
    let names = |who: &[Who]| {
        let names = who.iter().map(|who| match who {
            Who::Actor(actor) => actor.to_string(),
            Who::Role(role) => format!("@{role}"),
        });
        names.collect::<Vec<_>>().join(" ")
    };
    match command {
        Command::Cut { groups, .. } => {
            groups.iter().map(|group| names(group)).collect::<Vec<_>>().join(" | ")
        }
        Command::CutOneWay { from, to, .. } => format!("{}→{}", names(from), names(to)),
        _ => String::new(),
    }
}

fn sorted((a, b): Pair) -> Pair {
    if a <= b { (a, b) } else { (b, a) }
}

/// The nodes, by which of them still reach each other.
fn components(links: &[Pair], crossed: &SortedSet<Pair>) -> Vec<Vec<ActorId>> {
    let mut group: SortedMap<ActorId, ActorId> = SortedMap::new();
    let between = || links.iter().filter(|(a, b)| a.is_node() && b.is_node());
    for &(a, b) in between() {
        group.insert(a, a);
        group.insert(b, b);
    }
    fn root(group: &SortedMap<ActorId, ActorId>, mut actor: ActorId) -> ActorId {
        while let Some(&above) = group.get(&actor) {
            if above == actor {
                break;
            }
            actor = above;
        }
        actor
    }
    for &pair in between().filter(|&&pair| !crossed.contains(&sorted(pair))) {
        let (a, b) = (root(&group, pair.0), root(&group, pair.1));
        group.insert(a.max(b), a.min(b));
    }
    let mut groups: SortedMap<ActorId, Vec<ActorId>> = SortedMap::new();
    for &actor in group.keys() {
        groups.entry(root(&group, actor)).or_default().push(actor);
    }
    groups.into_values().collect()
}

/// Adds the clients whose crossed links are just those to the other groups.
fn with_clients(
    mut groups: Vec<Vec<ActorId>>,
    links: &[Pair],
    crossed: &SortedSet<Pair>,
) -> Vec<Vec<ActorId>> {
    let clients: SortedSet<ActorId> =
        links.iter().flat_map(|&(a, b)| [a, b]).filter(|actor| actor.is_client()).collect();
    for client in clients {
        let others = |cut: bool| {
            let mine = links.iter().filter(move |&&(a, b)| {
                (a == client || b == client) && crossed.contains(&sorted((a, b))) == cut
            });
            mine.map(move |&(a, b)| if a == client { b } else { a }).collect::<Vec<_>>()
        };
        let (cut, kept) = (others(true), others(false));
        if cut.is_empty() || kept.is_empty() {
            continue;
        }
        let home = groups.iter().position(|group| group.contains(&kept[0]));
        let Some(home) = home else { continue };
        let all_kept_here = kept.iter().all(|actor| groups[home].contains(actor));
        if all_kept_here && cut.iter().all(|actor| !groups[home].contains(actor)) {
            groups[home].push(client);
        }
    }
    groups
}

/// Columns and rows of the grid that a frontier is walked over.
const GRID: [usize; 2] = [56, 32];
/// A frontier goes on for so many points beyond the last link it crosses.
const BEYOND: f32 = 24.0;
/// Two parts of a frontier with less than so many points of way between them are one; in a large picture, less than this
/// part of its diagonal.
const JOIN: f32 = 170.0;
const JOIN_PART: f32 = 0.45;
/// Passes that take a grid's corners off a line.
const SMOOTHING: usize = 40;

/// The curves where `one` and `other` are equally near, as far as they lie between the links `across`.
/// Each carries the middles and radii of its side.
pub fn frontiers(one: &[(Pos2, f32)], other: &[(Pos2, f32)], across: &[[Pos2; 2]]) -> Vec<Vec<Pos2>> {
    if one.is_empty() || other.is_empty() || across.is_empty() {
        return Vec::new();
    }
    let mut area = Rect::NOTHING;
    for &(at, radius) in one.iter().chain(other) {
        area = area.union(Rect::from_center_size(at, Vec2::splat(2.0 * radius + 2.0 * BEYOND)));
    }
    // How much nearer the first side is: zero on the frontier.
    let near = |side: &[(Pos2, f32)], at: Pos2| {
        side.iter().map(|(middle, radius)| middle.distance(at) - radius).fold(f32::MAX, f32::min)
    };
    let step = area.size() / Vec2::new(GRID[0] as f32, GRID[1] as f32);
    let place = |column: usize, row: usize| area.min + step * Vec2::new(column as f32, row as f32);
    let mut field = vec![0.0f32; (GRID[0] + 1) * (GRID[1] + 1)];
    for row in 0..=GRID[1] {
        for column in 0..=GRID[0] {
            let at = place(column, row);
            field[row * (GRID[0] + 1) + column] = near(one, at) - near(other, at);
        }
    }
    let value = |column: usize, row: usize| field[row * (GRID[0] + 1) + column];
    let mut pieces: Vec<[Pos2; 2]> = Vec::new();
    for row in 0..GRID[1] {
        for column in 0..GRID[0] {
            let corners = [(column, row), (column + 1, row), (column + 1, row + 1), (column, row + 1)];
            let mut ends = Vec::with_capacity(4);
            for side in 0..4 {
                let (a, b) = (corners[side], corners[(side + 1) % 4]);
                let (va, vb) = (value(a.0, a.1), value(b.0, b.1));
                if (va < 0.0) != (vb < 0.0) {
                    ends.push(place(a.0, a.1).lerp(place(b.0, b.1), va / (va - vb)));
                }
            }
            pieces.extend(ends.chunks_exact(2).map(|pair| [pair[0], pair[1]]));
        }
    }
    let near = |at: &Pos2| across.iter().any(|&link| distance(*at, link) < BEYOND);
    let join = JOIN.max(JOIN_PART * area.size().length());
    let stretches = chains(pieces).into_iter().flat_map(|chain| stretches(&chain, near, join));
    stretches.filter(|line| line.len() > 2).map(|line| smooth(&line)).collect()
}

/// The parts of a line that are near, and what joins two of them on a short way.
fn stretches(line: &[Pos2], near: impl Fn(&Pos2) -> bool, join: f32) -> Vec<Vec<Pos2>> {
    let mut parts: Vec<Vec<Pos2>> = Vec::new();
    let mut aside: Vec<Pos2> = Vec::new();
    let mut way = 0.0;
    for at in line {
        if let Some(last) = aside.last().or(parts.last().and_then(|part| part.last())) {
            way += last.distance(*at);
        }
        if !near(at) {
            aside.push(*at);
            continue;
        }
        match parts.last_mut() {
            Some(part) if way < join => part.append(&mut aside),
            _ => parts.push(Vec::new()),
        }
        aside.clear();
        way = 0.0;
        if let Some(part) = parts.last_mut() {
            part.push(*at);
        }
    }
    parts
}

/// Pieces that touch, as lines.
fn chains(pieces: Vec<[Pos2; 2]>) -> Vec<Vec<Pos2>> {
    let key = |at: Pos2| ((at.x * 16.0).round() as i64, (at.y * 16.0).round() as i64);
    let mut at_end: SortedMap<(i64, i64), Vec<usize>> = SortedMap::new();
    for (index, piece) in pieces.iter().enumerate() {
        for end in piece {
            at_end.entry(key(*end)).or_default().push(index);
        }
    }
    let mut used = vec![false; pieces.len()];
    let mut walk = |start: usize, from: usize| {
        let mut line = vec![pieces[start][from], pieces[start][1 - from]];
        used[start] = true;
        while let Some(&end) = line.last() {
            let next =
                at_end.get(&key(end)).and_then(|list| list.iter().copied().find(|&index| !used[index]));
            let Some(next) = next else { break };
            used[next] = true;
            let far = if key(pieces[next][0]) == key(end) { pieces[next][1] } else { pieces[next][0] };
            line.push(far);
        }
        line
    };
    let mut lines = Vec::new();
    // Open ends first, so that a line is walked from one end to the other; what is left are loops.
    let open: Vec<(usize, usize)> = (0..pieces.len())
        .flat_map(|index| [(index, 0), (index, 1)])
        .filter(|&(index, end)| at_end.get(&key(pieces[index][end])).is_some_and(|list| list.len() == 1))
        .collect();
    let mut walked = SortedSet::new();
    for (index, end) in open.into_iter().chain((0..pieces.len()).map(|index| (index, 0))) {
        if walked.contains(&key(pieces[index][end])) && at_end[&key(pieces[index][end])].len() == 1 {
            continue;
        }
        let line = walk(index, end);
        if line.len() > 2 || pieces.len() == 1 {
            if let (Some(first), Some(last)) = (line.first(), line.last()) {
                walked.insert(key(*first));
                walked.insert(key(*last));
            }
            lines.push(line);
        }
    }
    lines
}

/// The line with its corners cut off, and every grid step's jitter with them.
fn smooth(line: &[Pos2]) -> Vec<Pos2> {
    let mut line: Vec<Pos2> = line.to_vec();
    for _ in 0..SMOOTHING {
        let before = line.clone();
        for index in 1..before.len().saturating_sub(1) {
            let sum =
                before[index - 1].to_vec2() + before[index].to_vec2() * 2.0 + before[index + 1].to_vec2();
            line[index] = pos2(sum.x / 4.0, sum.y / 4.0);
        }
    }
    // On in the same direction: the line stands out of what it cuts.
    let open = line.first().zip(line.last()).is_some_and(|(first, last)| first.distance(*last) > BEYOND);
    if open && line.len() > 8 {
        let on = |from: Pos2, to: Pos2| to + (to - from).normalized() * BEYOND;
        let (first, last) = (on(line[6], line[0]), on(line[line.len() - 7], line[line.len() - 1]));
        line.insert(0, first);
        line.push(last);
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn n(number: u16) -> ActorId {
        ActorId::node(number)
    }

    fn mesh(nodes: u16) -> Vec<Pair> {
        (1..=nodes).flat_map(|a| (a + 1..=nodes).map(move |b| (n(a), n(b)))).collect()
    }

    fn said(links: &[Pair], crossed: &[Pair]) -> Vec<String> {
        commands(links, crossed).iter().map(words).collect()
    }

    #[test]
    fn a_line_that_separates_says_the_groups() {
        let crossed: Vec<Pair> = (2..=5).map(|other| (n(1), n(other))).collect();
        assert_eq!(said(&mesh(5), &crossed), ["n1 | n2 n3 n4 n5"]);
        let crossed: Vec<Pair> =
            [1, 2].into_iter().flat_map(|a| (3..=5).map(move |b| (n(b), n(a)))).collect();
        assert_eq!(said(&mesh(5), &crossed), ["n1 n2 | n3 n4 n5"]);
    }

    #[test]
    fn a_line_that_does_not_separate_says_the_links() {
        assert_eq!(said(&mesh(3), &[(n(3), n(1))]), ["n1 | n3"]);
        assert_eq!(said(&mesh(5), &[(n(1), n(2)), (n(1), n(3))]), ["n1 | n2 n3"]);
        assert_eq!(said(&mesh(5), &[(n(1), n(2)), (n(4), n(5))]), ["n1 | n2", "n4 | n5"]);
        assert_eq!(said(&mesh(3), &[]), Vec::<String>::new());
    }

    #[test]
    fn a_line_that_touches_a_link_within_a_group_too_cuts_no_more() {
        let mut crossed: Vec<Pair> = (2..=4).map(|other| (n(1), n(other))).collect();
        crossed.push((n(2), n(3)));
        assert_eq!(said(&mesh(4), &crossed), ["n1 | n2 n3 n4"]);
    }

    #[test]
    fn clients_go_with_the_side_that_keeps_them() {
        let c1 = ActorId::client(1);
        let mut links = mesh(3);
        links.extend([(n(1), c1), (n(2), c1), (n(3), c1)]);
        let across = [(n(1), n(2)), (n(1), n(3))];
        assert_eq!(said(&links, &across), ["n1 | n2 n3"], "an untouched client is on no side");
        let with = [&across[..], &[(n(2), c1), (n(3), c1)]].concat();
        assert_eq!(said(&links, &with), ["n1 c1 | n2 n3"]);
        let lonely = [&across[..], &[(n(1), c1)]].concat();
        assert_eq!(said(&links, &lonely), ["n1 | n2 n3 c1"]);
        assert_eq!(said(&links, &[(n(2), c1)]), ["n2 | c1"]);
    }

    #[test]
    fn marked_nodes_are_cut_off_from_the_others() {
        let everybody = [n(1), n(2), n(3), ActorId::client(1)];
        assert_eq!(cut_off(&[n(2), n(1)], &everybody).as_ref().map(words).as_deref(), Some("n1 n2 | n3"));
        assert_eq!(cut_off(&everybody, &everybody), None);
        assert_eq!(cut_off(&[], &everybody), None);
    }

    #[test]
    fn segments_cross_or_do_not() {
        let flat = [pos2(0.0, 0.0), pos2(10.0, 0.0)];
        assert_eq!(crossing(flat, [pos2(4.0, -1.0), pos2(4.0, 1.0)]), Some((0.4, 0.5)));
        assert_eq!(crossing(flat, [pos2(4.0, 1.0), pos2(4.0, 2.0)]), None);
        assert_eq!(crossing(flat, flat), None);
        assert_eq!(distance(pos2(-3.0, 4.0), flat), 5.0);
    }

    #[test]
    fn the_frontier_crosses_every_link_between_the_sides() {
        let one = [(pos2(100.0, 200.0), 28.0)];
        let other = [(pos2(300.0, 100.0), 28.0), (pos2(400.0, 200.0), 28.0), (pos2(300.0, 320.0), 28.0)];
        let links: Vec<[Pos2; 2]> = other.iter().map(|(at, _)| [one[0].0, *at]).collect();
        let lines = frontiers(&one, &other, &links);
        assert_eq!(lines.len(), 1, "{lines:?}");
        for link in &links {
            assert!(meets(*link, &lines[0]).is_some_and(|part| part > 0.3 && part < 0.6), "{link:?}");
        }
        assert!(frontiers(&one, &[], &links).is_empty());
    }

    #[test]
    fn sides_that_lie_across_each_other_have_frontiers_too() {
        let at = |x: f32, y: f32| (pos2(x, y), 20.0);
        let (one, other) = ([at(0.0, 0.0), at(200.0, 200.0)], [at(200.0, 0.0), at(0.0, 200.0)]);
        let links: Vec<[Pos2; 2]> = one.iter().flat_map(|a| other.iter().map(|b| [a.0, b.0])).collect();
        let lines = frontiers(&one, &other, &links);
        for link in links {
            assert!(lines.iter().any(|line| meets(link, line).is_some()), "{link:?}");
        }
    }
}
