//! Who lives in the demo parish besides those who can be signed in as, and what they say to each other.

/// They join the five.
pub(super) const NEIGHBOURS: [&str; 35] = [
    "Adam Wójcik",
    "Agnieszka Lis",
    "Alicia Romero",
    "Andrew Hall",
    "Barbara Zając",
    "Carlos Vega",
    "Catherine Moore",
    "Daniel Price",
    "Elena Castro",
    "Ewa Mazur",
    "Felix Gray",
    "Grace Turner",
    "Halina Bąk",
    "Hugo Navarro",
    "Irena Sikora",
    "Jack Murphy",
    "Jan Dudek",
    "Julia Ortega",
    "Katarzyna Wrona",
    "Leo Bennett",
    "Lucía Prieto",
    "Łukasz Gajda",
    "Margaret Shaw",
    "Marek Pawlak",
    "Maria Iglesias",
    "Michael Reed",
    "Nina Kaczmarek",
    "Oliver Ward",
    "Pablo Serrano",
    "Piotr Czarnecki",
    "Rosa Molina",
    "Ruth Palmer",
    "Stanisław Góra",
    "Teresa Wilk",
    "Żaneta Nowicka",
];

/// One line after the other, each by somebody else.
type Thread = &'static [&'static str];

pub(super) const PARISH: [Thread; 9] = [
    &[
        "Has anybody found a pair of reading glasses on the third bench?",
        "Yes, they are in the sacristy, on the window sill.",
        "Thank you, I will fetch them tomorrow.",
    ],
    &[
        "The flowers for Sunday are paid for. Who can bring them?",
        "I can, I drive past at nine.",
        "Wonderful, thank you.",
    ],
    &[
        "Mrs. Palmer is back from hospital and would be glad of a visit.",
        "I will go on Wednesday.",
        "I am baking on Thursday and will take her something.",
    ],
    &[
        "Is the heating on this week? It was cold on Sunday.",
        "It is being repaired on Friday.",
        "Then I will bring a blanket or two.",
    ],
    &["There are still places in the bus to the pilgrimage.", "Two for us, please."],
    &["We need four people for the coffee after Mass.", "Count me in.", "Me too.", "I will make the cake."],
    &[
        "Could somebody give my mother a lift to the evening Mass?",
        "With pleasure. At half past five?",
        "Perfect. She waits at the door.",
    ],
    &["Thank you all for the help with the garden.", "It looks lovely."],
    &["The lost umbrella is blue and has a wooden handle.", "That is mine, I think!"],
];

pub(super) const CHOIR: [Thread; 7] = [
    &[
        "Which psalm do we take on Sunday?",
        "Number 23, in the old setting.",
        "Then I bring the folders.",
        "I may be ten minutes late.",
    ],
    &["The altos were beautiful last night.", "Thank you! The basses too."],
    &["Can we start a quarter earlier on Thursday?", "Fine with me.", "I will try."],
    &["I have a cold and had better listen this week.", "Get well soon."],
    &["The organ is tuned on Tuesday.", "At last!", "Then let us try the new piece."],
    &["Does anybody have a spare copy of the Ave verum?", "I have two.", "One for me, please. Thank you."],
    &["Shall we call each other tonight to go through the alto line?", "Yes, at eight."],
];

pub(super) const YOUTH: [Thread; 7] = [
    &[
        "Who comes to the film evening?",
        "Me",
        "Me and my brother.",
        "What do we watch?",
        "You choose, but not that one again.",
    ],
    &["The tents are dry. Who helps to fold them?", "After school, around four?", "OK"],
    &["We need a name for the football team.", "The Annes.", "Saint Anne United!", "That one."],
    &["I left my jacket in the hall.", "It hangs at the door."],
    &["Soup for thirty on Saturday. Ideas?", "Tomato.", "Tomato, always tomato.", "Then lentils."],
    &["Can somebody bring a guitar?", "I have one, but it lacks a string.", "We sing louder then."],
    &["Who is 16 and can go to the leaders’ course?", "I will ask at home."],
];

pub(super) const COUNCIL: [Thread; 5] = [
    &[
        "The minutes of the last meeting are ready.",
        "Thank you. One small thing: the roof was on the 12th.",
        "Corrected.",
    ],
    &["The estimate for the roof has come. It is lower than we feared.", "Good news."],
    &["Can we move the meeting to Tuesday at seven?", "Yes.", "Yes, but I must leave at eight."],
    &["Who writes to the town about the parking place?", "I will."],
    &["We should thank those who ring the bells.", "A dinner in the small hall?", "A fine idea."],
];

pub(super) const TWO: [Thread; 8] = [
    &["Good morning! Did you sleep well?", "Very well, thank you. And you?"],
    &["Could you call me when you have a minute?", "In half an hour."],
    &["I have put the keys under the third pot.", "Found them, thank you."],
    &["How is your knee?", "Better every day.", "I am glad."],
    &["Shall I bring you something from the market?", "Potatoes and a little parsley, please.", "Done."],
    &["Thank you for the talk yesterday.", "It did me good as well."],
    &["Are you coming on Sunday?", "Of course. I keep a seat for you."],
    &["The photos of the feast are wonderful.", "Shall I print some for you?", "Yes, please."],
];

pub(super) const ANNOUNCEMENTS: [&str; 5] = [
    "This Sunday: Mass at 8, 10 and 18 o’clock. Coffee in the small hall after the second.",
    "The office is closed on Friday. In urgent cases, please call.",
    "Confessions on Saturday from 16 to 17 o’clock.",
    "The collection of this Sunday is for the roof. Thank you.",
    "First communion classes begin next week, on Wednesday at 17 o’clock.",
];
