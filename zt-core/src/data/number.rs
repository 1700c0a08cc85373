//! Runs of digits, in groups: `4111 1111 1111 1111`, `+81 90-1234-5678`, `１２３４`.

/// What joins two groups of digits.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Joint {
    Space,
    Hyphen,
    Dot,
    /// A parenthesis, with or without a space or hyphen.
    Paren,
}

/// Digits without anything between them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Group {
    pub(super) start: usize,
    pub(super) end: usize,
    /// Which digits of the run these are.
    first: usize,
    pub(super) len: usize,
    /// What joins this group to the one before.
    pub(super) joint: Option<Joint>,
}

/// Groups of digits with one joint between each and the next.
#[derive(Debug, Default)]
pub(super) struct Run {
    pub(super) groups: Vec<Group>,
    digits: Vec<u8>,
}

/// A run of more groups is cut. None of ours has more than seven.
const GROUPS: usize = 64;
/// More digits than anything has that is looked for.
pub(super) const DIGITS: usize = 40;

impl Run {
    /// Reads the run that starts here with a digit. Returns where it ends.
    pub(super) fn read(&mut self, text: &[u8], start: usize) -> usize {
        self.groups.clear();
        self.digits.clear();
        let (mut at, mut joint) = (start, None);
        loop {
            let mut group = Group { start: at, end: at, first: self.digits.len(), len: 0, joint };
            while let Some((digit, width)) = digit(text, group.end) {
                group.end += width;
                group.len += 1;
                if group.len <= DIGITS {
                    self.digits.push(digit);
                }
            }
            self.groups.push(group);
            match joint_at(text, group.end) {
                Some((next, width))
                    if self.groups.len() < GROUPS && digit(text, group.end + width).is_some() =>
                {
                    (at, joint) = (group.end + width, Some(next));
                }
                _ => return group.end,
            }
        }
    }

    /// These groups, when there are so many and they have these lengths.
    pub(super) fn window(&self, first: usize, lengths: &[usize]) -> Option<&[Group]> {
        let groups = self.groups.get(first..first + lengths.len())?;
        groups.iter().zip(lengths).all(|(group, length)| group.len == *length).then_some(groups)
    }

    /// The digits of groups next to each other; none when a group is longer than anything we look for.
    pub(super) fn digits(&self, groups: &[Group]) -> &[u8] {
        match groups {
            [first, .., last] if first.len <= DIGITS && last.len <= DIGITS => {
                self.digits.get(first.first..last.first + last.len).unwrap_or_default()
            }
            [only] if only.len <= DIGITS => {
                self.digits.get(only.first..only.first + only.len).unwrap_or_default()
            }
            _ => &[],
        }
    }

    /// Whether the groups of a window have one kind of joint between them, a space or a hyphen.
    pub(super) fn uniform(groups: &[Group]) -> Option<Joint> {
        let mut joints = groups.iter().skip(1).map(|group| group.joint);
        let first = joints.next()??;
        (matches!(first, Joint::Space | Joint::Hyphen) && joints.all(|joint| joint == Some(first)))
            .then_some(first)
    }

    /// What joins these many groups from `first` on to the group before and to the one after.
    pub(super) fn neighbours(&self, first: usize, count: usize) -> [Option<Joint>; 2] {
        let joint = |at: usize| self.groups.get(at).and_then(|group| group.joint);
        [joint(first), joint(first + count)]
    }
}

/// A digit, of ASCII or full width (U+FF10 to U+FF19), and how many bytes it has.
pub(super) fn digit(text: &[u8], at: usize) -> Option<(u8, usize)> {
    match *text.get(at)? {
        byte @ b'0'..=b'9' => Some((byte - b'0', 1)),
        0xEF => match text.get(at + 1..at + 3)? {
            [0xBC, byte @ 0x90..=0x99] => Some((byte - 0x90, 3)),
            _ => None,
        },
        _ => None,
    }
}

/// What may join groups of digits, and how many bytes it has.
fn joint_at(text: &[u8], at: usize) -> Option<(Joint, usize)> {
    let (joint, width) = one_joint(text, at)?;
    // `) `, `)-` and ` (`: one joint.
    if matches!(joint, Joint::Paren | Joint::Space)
        && let Some((next, more)) = one_joint(text, at + width)
        && (joint == Joint::Paren) != (next == Joint::Paren)
    {
        return Some((Joint::Paren, width + more));
    }
    Some((joint, width))
}

fn one_joint(text: &[u8], at: usize) -> Option<(Joint, usize)> {
    let joint = match text.get(at..).unwrap_or_default() {
        [b' ', ..] => (Joint::Space, 1),
        [b'-', ..] => (Joint::Hyphen, 1),
        [b'.', ..] => (Joint::Dot, 1),
        [b'(' | b')', ..] => (Joint::Paren, 1),
        // No-break space; ideographic space.
        [0xC2, 0xA0, ..] => (Joint::Space, 2),
        [0xE3, 0x80, 0x80, ..] => (Joint::Space, 3),
        // Hyphens and dashes U+2010 to U+2015, minus, full-width hyphen, and the long vowel sign typed in its place.
        [0xE2, 0x80, 0x90..=0x95, ..]
        | [0xE2, 0x88, 0x92, ..]
        | [0xEF, 0xBC, 0x8D, ..]
        | [0xE3, 0x83, 0xBC, ..] => (Joint::Hyphen, 3),
        // Full-width parentheses.
        [0xEF, 0xBC, 0x88 | 0x89, ..] => (Joint::Paren, 3),
        _ => return None,
    };
    Some(joint)
}

/// Whether what ends before this place goes on as a word of ASCII letters and digits.
pub(super) fn word_before(text: &[u8], at: usize) -> bool {
    at.checked_sub(1).and_then(|at| text.get(at)).is_some_and(u8::is_ascii_alphanumeric)
}

/// Whether a word of ASCII letters and digits goes on at this place.
pub(super) fn word_after(text: &[u8], at: usize) -> bool {
    text.get(at).is_some_and(u8::is_ascii_alphanumeric)
}

#[cfg(test)]
mod tests {
    use super::*;

    type Groups = Vec<(usize, Option<Joint>)>;

    fn run(text: &str) -> (Groups, Vec<u8>, usize) {
        let mut run = Run::default();
        let end = run.read(text.as_bytes(), 0);
        let groups = run.groups.iter().map(|group| (group.len, group.joint)).collect();
        (groups, run.digits(&run.groups).to_vec(), end)
    }

    #[test]
    fn groups_and_joints() {
        use Joint::*;
        assert_eq!(run("12-34 x"), (vec![(2, None), (2, Some(Hyphen))], vec![1, 2, 3, 4], 5));
        assert_eq!(run("１２ー３"), (vec![(2, None), (1, Some(Hyphen))], vec![1, 2, 3], 12));
        assert_eq!(run("03) 1"), (vec![(2, None), (1, Some(Paren))], vec![0, 3, 1], 5));
        assert_eq!(
            run("03 (1) 2.3"),
            (
                vec![(2, None), (1, Some(Paren)), (1, Some(Paren)), (1, Some(Dot))],
                vec![0, 3, 1, 2, 3],
                10
            )
        );
        assert_eq!(run("1  2").2, 1);
        assert_eq!(run("1-").2, 1);
        let long = "7".repeat(5000);
        assert_eq!(run(&long), (vec![(5000, None)], vec![], 5000));
        assert_eq!(run(&"1 ".repeat(500)).0.len(), GROUPS);
    }
}
