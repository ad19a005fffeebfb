//! What is going to happen, as data: made from a seed, kept when it fails, played again.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde::{Deserialize, Serialize};

/// So many people.
pub(crate) const PEOPLE: u8 = 4;
/// Two direct channels, a group of everybody, the parish channel.
pub(crate) const PLACES: u8 = 4;

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
    /// Rings somebody more.
    Add {
        who: u8,
        device: u8,
        whom: u8,
    },
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
}

/// What goes wrong while a step is carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Fault {
    /// The database fails when it writes the table of this number.
    Write { table: u8 },
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
    pub(crate) moves: Vec<Move>,
}

impl Plan {
    pub(crate) fn random(seed: u64) -> Plan {
        let mut dice = StdRng::seed_from_u64(seed);
        let long = dice.random_range(10..50);
        let moves =
            (0..long).map(|_| Move { step: Step::random(&mut dice), fault: Fault::random(&mut dice) }).collect();
        Plan { seed, moves }
    }
}

impl Step {
    fn random(dice: &mut StdRng) -> Step {
        let (who, whom, device) = (dice.random_range(0..PEOPLE), dice.random_range(0..PEOPLE), dice.random_range(0..2));
        let switch = dice.random_ratio(1, 3);
        match dice.random_range(0..115) {
            0..20 => Step::Start { who, device, place: dice.random_range(0..PLACES), whom, switch },
            20..35 => Step::Answer { who, device, switch },
            35..41 => Step::Again { who },
            41..43 => Step::Confirm { who },
            43..46 => Step::Decline { who },
            46..51 => Step::Leave { who, device },
            51..54 => Step::Move { who, device },
            54..57 => Step::Add { who, device, whom },
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
            _ => Step::Work,
        }
    }
}

impl Fault {
    /// Three in ten fail.
    fn random(dice: &mut StdRng) -> Option<Fault> {
        match dice.random_range(0..100) {
            0..25 => Some(Fault::Write { table: dice.random_range(0..7) }),
            25..32 => Some(Fault::Kill { turns: dice.random_range(1..12) }),
            _ => None,
        }
    }
}
