//! What is going to happen, as data: made from a seed, kept when it fails, played again.

use crate::chaos::{READ, TABLES};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde::{Deserialize, Serialize};

/// So many people. The second is a coordinator, the last an admin.
pub(crate) const PEOPLE: u8 = 5;
/// Two direct channels, a group of everybody, the parish channel.
pub(crate) const PLACES: u8 = 4;
/// So many of these, the first ones, are direct.
const DIRECT: u8 = 2;
/// So many things can be done by who leads.
const ACTS: u8 = 8;
/// So many things can be shown.
const SIGNS: u8 = 4;

/// One thing that happens. Who, and with which of their two devices, are numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Step {
    /// Taps the phone icon. In the parish channel, `whom` is picked.
    Start {
        who: u8,
        device: u8,
        place: u8,
        whom: u8,
        switch: bool,
    },
    /// Opens a call for a place without ringing anybody.
    Gather {
        who: u8,
        device: u8,
        place: u8,
        switch: bool,
    },
    /// Answers, or joins, the newest call that they see.
    Answer {
        who: u8,
        device: u8,
        switch: bool,
    },
    /// The browser sends its last request once more.
    Again {
        who: u8,
    },
    /// The page shows the ring of the newest call.
    Confirm {
        who: u8,
    },
    /// Refuses the newest call.
    Decline {
        who: u8,
    },
    /// The card that was shown last on this device refuses its ring, whether or not it is replaced by now.
    DeclineByCard {
        who: u8,
        device: u8,
    },
    /// The push service of this device answers its next message in another way than others (see `run`).
    Service {
        who: u8,
        device: u8,
        answer: u8,
    },
    /// What is in the outbox is done, without time passing.
    Work,
    /// Hangs up in the newest call.
    Leave {
        who: u8,
        device: u8,
    },
    /// Takes the call over to this device.
    Move {
        who: u8,
        device: u8,
    },
    /// Rings one more, or two.
    Add {
        who: u8,
        device: u8,
        whom: u8,
        and: u8,
    },
    /// Does what only somebody who leads may do, in the newest call; whether or not they lead (see `run/groups.rs`).
    Lead {
        who: u8,
        device: u8,
        act: u8,
        whom: u8,
    },
    /// Raises a hand, takes it down, reacts, or their phone goes to sleep.
    Show {
        who: u8,
        device: u8,
        sign: u8,
    },
    /// Everybody hangs up, one after the other.
    AllLeave,
    /// Connects to the voice server by the latest way in that this device was given, or by an older one.
    Connect {
        who: u8,
        device: u8,
        older: u8,
    },
    /// The browser is gone.
    Vanish {
        who: u8,
        goodbye: bool,
    },
    /// The stream of their page breaks, and the page opens another one.
    Bounce {
        who: u8,
    },
    /// Leaves the group (0) or the parish (1), or is blocked (2).
    Expel {
        who: u8,
        how: u8,
    },
    /// The server is killed and starts again.
    Restart,
    /// Time passes.
    Wait {
        seconds: u8,
    },
    /// The voice server cannot be asked, or can again.
    Unreachable(bool),
    /// The voice server forgets everything.
    VoiceRestart,
    /// What the voice server told is lost, doubled, shuffled; or delivered.
    Lose,
    Double,
    Shuffle,
    Deliver,
    /// Somebody meddles with the database behind the server's back, which no rule lets pass. Not drawn: it tries the audit itself.
    Sabotage(Sabotage),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Sabotage {
    /// Calls change and keep their versions, which breaks a rule.
    SameVersion,
    /// Calls lose their people, so nobody can read them.
    People,
    /// The server panics.
    Server,
}

/// What goes wrong while a step is carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Fault {
    /// The database fails when it writes the table of this number; the one after the last stands for all.
    Write { table: u8 },
    /// The database fails when it reads the table of this number, from the beginning or after so many turns of the step.
    Read { table: u8, turns: u8 },
    /// The database takes everything that is written, and fails when it is to be made to last.
    Commit,
    /// The server is killed after so many turns of the step.
    Kill { turns: u8 },
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Move {
    pub(crate) step: Step,
    pub(crate) fault: Option<Fault>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Plan {
    pub(crate) seed: u64,
    /// So many people there is room for in a call. None: for everybody.
    #[serde(default)]
    pub(crate) seats: Option<u32>,
    pub(crate) moves: Vec<Move>,
}

impl Plan {
    pub(crate) fn random(seed: u64) -> Plan {
        let mut dice = StdRng::seed_from_u64(seed);
        let long = dice.random_range(10..50);
        let seats = dice.random_ratio(1, 4).then(|| dice.random_range(2..4));
        let scene = if dice.random_ratio(1, 2) { Step::many_come(&mut dice) } else { vec![] };
        let mut moves: Vec<Move> = scene.into_iter().map(|step| Move { step, fault: None }).collect();
        moves.extend((0..long).map(|_| Move { step: Step::random(&mut dice), fault: Fault::random(&mut dice) }));
        Plan { seed, seats, moves }
    }
}

impl Step {
    /// A call of many: somebody opens it, most others come. Alone, random steps seldom bring three together.
    fn many_come(dice: &mut StdRng) -> Vec<Step> {
        let (first, place) = (dice.random_range(0..PEOPLE), dice.random_range(0..PLACES));
        let opened = if place >= DIRECT && dice.random() {
            Step::Gather { who: first, device: 0, place, switch: false }
        } else {
            Step::Start { who: first, device: 0, place, whom: dice.random_range(0..PEOPLE), switch: false }
        };
        let mut scene = vec![opened, Step::Connect { who: first, device: 0, older: 0 }];
        for who in (0..PEOPLE).filter(|who| *who != first) {
            if place < DIRECT {
                scene.push(Step::Add { who: first, device: 0, whom: who, and: who });
            }
            if dice.random_ratio(3, 4) {
                scene.push(Step::Answer { who, device: 0, switch: false });
                scene.push(Step::Connect { who, device: 0, older: 0 });
            }
        }
        match dice.random_range(0..6) {
            0 => scene.extend(Step::a_seat_is_taken(dice)),
            1 => scene.extend(Step::one_of_two_may_not_be_rung(dice)),
            _ => {}
        }
        scene.extend((0..dice.random_range(0..12)).map(|_| Step::in_a_call(dice)));
        scene
    }

    /// Somebody is lost for long, somebody else comes, and the first one's browser is there again.
    fn a_seat_is_taken(dice: &mut StdRng) -> [Step; 5] {
        let (who, other, device) = (dice.random_range(0..PEOPLE), dice.random_range(0..PEOPLE), 0);
        [
            Step::Vanish { who, goodbye: false },
            Step::Wait { seconds: 80 },
            Step::Answer { who: other, device, switch: false },
            Step::Connect { who, device, older: 0 },
            Step::Deliver,
        ]
    }

    /// Somebody is put out, and one who does not lead rings them together with another one.
    fn one_of_two_may_not_be_rung(dice: &mut StdRng) -> [Step; 3] {
        let (whom, and, device) = (dice.random_range(0..PEOPLE), dice.random_range(0..PEOPLE), 0);
        [
            Step::Leave { who: and, device },
            Step::Lead { who: if dice.random() { 1 } else { PEOPLE - 1 }, device, act: 4, whom },
            Step::Add { who: dice.random_range(0..PEOPLE), device, whom, and },
        ]
    }

    /// What people do in a call of many, each with the device that they are in it with.
    fn in_a_call(dice: &mut StdRng) -> Step {
        let (who, whom, device) = (dice.random_range(0..PEOPLE), dice.random_range(0..PEOPLE), 0);
        match dice.random_range(0..20) {
            0..8 => {
                let who = if dice.random() { 1 } else { PEOPLE - 1 };
                // Seldom the last one: it ends everything.
                let act = if dice.random_ratio(1, 10) { ACTS - 1 } else { dice.random_range(0..ACTS - 1) };
                Step::Lead { who, device, act, whom }
            }
            8..11 => Step::Add { who, device, whom, and: dice.random_range(0..PEOPLE) },
            11..15 => Step::Answer { who, device, switch: false },
            15..16 => Step::Leave { who, device },
            16..17 => Step::Vanish { who, goodbye: dice.random() },
            17..19 => Step::Connect { who, device, older: 0 },
            _ => Step::Wait { seconds: dice.random_range(0..90) },
        }
    }

    fn random(dice: &mut StdRng) -> Step {
        let (who, whom, device) = (dice.random_range(0..PEOPLE), dice.random_range(0..PEOPLE), dice.random_range(0..2));
        let switch = dice.random_ratio(1, 3);
        match dice.random_range(0..154) {
            0..20 => Step::Start { who, device, place: dice.random_range(0..PLACES), whom, switch },
            20..35 => Step::Answer { who, device, switch },
            35..41 => Step::Again { who },
            41..43 => Step::Confirm { who },
            43..46 => Step::Decline { who },
            46..51 => Step::Leave { who, device },
            51..54 => Step::Move { who, device },
            54..57 => Step::Add { who, device, whom, and: if switch { dice.random_range(0..PEOPLE) } else { whom } },
            57..73 => Step::Connect { who, device, older: if dice.random_ratio(1, 5) { 1 } else { 0 } },
            73..78 => Step::Vanish { who, goodbye: dice.random() },
            78..80 => Step::Expel { who, how: dice.random_range(0..3) },
            80..82 => Step::Restart,
            82..89 => Step::Wait { seconds: dice.random_range(0..90) },
            89..91 => Step::Unreachable(dice.random()),
            91..92 => Step::VoiceRestart,
            92..94 => Step::Lose,
            94..96 => Step::Double,
            96..97 => Step::Shuffle,
            97..100 => Step::Deliver,
            100..103 => Step::DeclineByCard { who, device },
            103..107 => Step::Service { who, device, answer: dice.random_range(0..5) },
            107..115 => Step::Work,
            115..119 => Step::Gather { who, device, place: dice.random_range(0..PLACES), switch },
            // Most by those who lead, and on the device that they come in with.
            119..140 => {
                let who =
                    if dice.random_ratio(3, 4) { [1, PEOPLE - 1][usize::from(dice.random::<bool>())] } else { who };
                Step::Lead { who, device: u8::from(dice.random_ratio(1, 8)), act: dice.random_range(0..ACTS), whom }
            }
            140..149 => Step::Show { who, device, sign: dice.random_range(0..SIGNS) },
            149..153 => Step::Bounce { who },
            _ => Step::AllLeave,
        }
    }
}

impl Fault {
    /// In three steps of ten the database fails, at what was drawn; of the rest, some are the server's last.
    fn random(dice: &mut StdRng) -> Option<Fault> {
        match dice.random_range(0..100) {
            0..20 => Some(Fault::Write { table: dice.random_range(0..=TABLES.len() as u8) }),
            20..25 => Some(Fault::Read {
                table: dice.random_range(0..READ.len() as u8),
                turns: if dice.random() { 0 } else { dice.random_range(1..12) },
            }),
            25..30 => Some(Fault::Commit),
            30..37 => Some(Fault::Kill { turns: dice.random_range(1..12) }),
            _ => None,
        }
    }
}
