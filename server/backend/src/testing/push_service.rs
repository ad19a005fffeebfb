//! The push services of all browsers, in memory.

use crate::PushService;
use async_trait::async_trait;
use push::{Answer, Message, Subscription, Topic, Unfit, Urgency, VapidKeys};
use serde_json::Value;
use std::collections::{HashMap, HashSet, VecDeque};
use std::time::Duration;
use tokio::sync::watch;

/// A message that was sent to a device.
#[derive(Debug, Clone, PartialEq)]
pub struct Pushed {
    /// Where to.
    pub endpoint: String,
    /// What it says.
    pub card: Value,
    /// How long it may be on its way.
    pub ttl: Duration,
    /// How much it hurries.
    pub urgency: Urgency,
    /// What it is about: a service that has not delivered another one about the same yet throws that away.
    pub topic: Option<Topic>,
    /// With which public key it was signed.
    pub key: String,
    /// How many bytes it has.
    pub bytes: usize,
    /// What the push service said.
    pub answer: Answer,
}

/// The push services of all browsers, in memory. They take what the real ones take.
pub struct FakePushService {
    sender: push::Sender,
    post: watch::Sender<Post>,
}

/// What push services have, and what they do about it.
#[derive(Default)]
struct Post {
    sent: VecDeque<Pushed>,
    answers: HashMap<String, VecDeque<Answer>>,
    /// These are gone for good.
    gone: HashSet<String>,
    /// What is sent to these endpoints from now on waits.
    held: HashSet<String>,
    /// What waits for these endpoints goes on waiting.
    stuck: HashSet<String>,
    /// How many messages wait for each of them.
    waiting: HashMap<String, usize>,
}

impl Default for FakePushService {
    fn default() -> Self {
        FakePushService {
            sender: push::Sender::new("mailto:somebody@parish.example", vec![]).expect("a sender"),
            post: watch::Sender::default(),
        }
    }
}

impl FakePushService {
    /// What has arrived since this was asked last, in its order.
    pub fn take_sent(&self) -> Vec<Pushed> {
        let mut sent = VecDeque::new();
        self.post.send_modify(|post| sent = std::mem::take(&mut post.sent));
        sent.into()
    }

    /// Waits for what arrives next.
    ///
    /// # Panics
    /// Never.
    pub async fn next(&self) -> Pushed {
        let mut next = None;
        self.until(|post| !post.sent.is_empty()).await;
        self.post.send_modify(|post| next = post.sent.pop_front());
        next.expect("it was there")
    }

    /// The next message to this endpoint that has no answer yet is answered like this.
    pub fn answer(&self, endpoint: &str, answer: Answer) {
        self.post.send_modify(|post| post.answers.entry(endpoint.to_owned()).or_default().push_back(answer));
    }

    /// Answers like everybody else again.
    pub fn answer_as_usual(&self) {
        self.post.send_modify(|post| post.answers.clear());
    }

    /// Lets everybody wait who sends to this endpoint.
    pub fn hold(&self, endpoint: &str) {
        self.post.send_modify(|post| {
            post.held.insert(endpoint.to_owned());
            post.stuck.insert(endpoint.to_owned());
        });
    }

    /// What is sent from now on overtakes what is held.
    pub fn let_others_pass(&self, endpoint: &str) {
        self.post.send_modify(|post| _ = post.held.remove(endpoint));
    }

    /// What was held arrives.
    pub fn let_go(&self, endpoint: &str) {
        self.post.send_modify(|post| {
            post.held.remove(endpoint);
            post.stuck.remove(endpoint);
        });
    }

    /// Waits until so many messages are held at this endpoint.
    pub async fn holds(&self, endpoint: &str, messages: usize) {
        self.until(|post| post.waiting.get(endpoint).copied().unwrap_or(0) == messages).await;
    }

    async fn until(&self, so: impl FnMut(&Post) -> bool) {
        _ = self.post.subscribe().wait_for(so).await;
    }
}

#[async_trait]
impl PushService for FakePushService {
    fn check(&self, subscription: &Subscription) -> Result<(), Unfit> {
        self.sender.check(subscription)
    }

    async fn send(&self, keys: &VapidKeys, subscription: &Subscription, message: &Message) -> Answer {
        if let Err(unfit) = self.check(subscription) {
            return Answer::Unfit(unfit);
        }
        let endpoint = &subscription.endpoint;
        if self.post.borrow().held.contains(endpoint) {
            self.post.send_modify(|post| *post.waiting.entry(endpoint.clone()).or_default() += 1);
            self.until(|post| !post.stuck.contains(endpoint)).await;
            self.post.send_modify(|post| *post.waiting.entry(endpoint.clone()).or_default() -= 1);
        }
        let mut pushed = Pushed {
            endpoint: endpoint.clone(),
            card: serde_json::from_slice(&message.payload).expect("JSON"),
            ttl: message.ttl,
            urgency: message.urgency,
            topic: message.topic.clone(),
            key: keys.public().to_owned(),
            bytes: message.payload.len(),
            answer: Answer::Accepted,
        };
        self.post.send_modify(|post| {
            if let Some(answer) = post.answers.get_mut(endpoint).and_then(VecDeque::pop_front) {
                pushed.answer = answer;
            }
            if pushed.answer == Answer::Gone {
                post.gone.insert(endpoint.clone());
            } else if post.gone.contains(endpoint) {
                pushed.answer = Answer::Gone;
            }
            post.sent.push_back(pushed.clone());
        });
        pushed.answer
    }
}
