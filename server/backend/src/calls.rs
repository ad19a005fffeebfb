//! The use cases of a call. Each ends in [`Backend::change_call`] or begins in [`Backend::initiate_call`].

use crate::limits::Limited;
use crate::voice_server::{Identity, room_of};
use crate::{Actor, Backend, Error, VoiceServerError, ids, worker};
use domain::call::NewCall;
use domain::text::Field;
use domain::{
    Access, Audience, Call, CallError, CallId, CallSnapshot, ChannelId, ChannelKind, Command, Effect, Event, Live,
    MemberId, MessageId, ParishId, Seat, Timestamp,
};
use store::{Change, Inserted, Saved, StoreError};

/// How often a change is tried when somebody else was faster.
const TRIES: usize = 8;
/// So many calls of the history at once.
const PAGE: u32 = 50;

impl From<VoiceServerError> for Error {
    fn from(error: VoiceServerError) -> Self {
        tracing::warn!(%error, "the voice server does not do what we ask");
        Error::VoiceServerDown
    }
}

impl Backend {
    /// Calls the other of a direct channel, everybody of a group, or the picked `targets` of a parish channel. If a call
    /// for the whole channel goes on already, joins that one: this also settles two who call each other at once.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Forbidden`], [`Error::Invalid`] for targets outside of the parish,
    /// [`Error::InAnotherCall`], [`Error::Limited`], and [`Error::VoiceServerDown`], in which case nobody's phone rang.
    pub async fn initiate_call(
        &self,
        actor: &Actor,
        channel: ChannelId,
        targets: Vec<MemberId>,
    ) -> Result<Seat, Error> {
        let channel = self.channel(actor, channel).await?;
        if !channel.may_call {
            return Err(Error::Forbidden);
        }
        let me = actor.member();
        self.inner.limits.take(Limited::StartCall(me))?;
        let members = self.inner.store.channel_members(channel.id).await?;
        let (audience, callees) = match channel.kind {
            ChannelKind::Parish => {
                if !targets.iter().all(|target| members.contains(target)) {
                    return Err(Error::Invalid(Field::Targets));
                }
                (Audience::Invited, targets)
            }
            ChannelKind::Group | ChannelKind::Direct => (Audience::Channel, members),
        };
        if audience == Audience::Channel
            && let Some(running) = self.inner.store.live_call_in(channel.id).await?
        {
            return self.answer_call(actor, running.id).await;
        }
        for callee in callees.iter().filter(|callee| **callee != me) {
            self.inner.limits.take(Limited::RingPair(me, *callee))?;
        }

        let now = self.now();
        let new = NewCall {
            id: CallId(ids::fresh(now)),
            channel: channel.id,
            kind: channel.kind,
            initiator: me,
            audience,
            callees,
            ring_for: self.inner.settings.ring_for,
        };
        let call = Call::start(new, now)?;
        let access = self.access(&call, me)?;
        // Before the transaction: if the voice server is down, nobody's phone rings.
        self.inner.voice.create_room(&room_of(call.id)).await?;
        match self.inner.store.insert_call(&call, &[]).await? {
            Inserted::Yes => {
                self.publish_call(&call).await;
                Ok(Seat { call: call.snapshot(self.now()), access })
            }
            Inserted::ChannelBusy(running) => {
                self.delete_spare_room(call.id).await;
                self.answer_call(actor, running).await
            }
            Inserted::MemberBusy => {
                self.delete_spare_room(call.id).await;
                Err(Error::InAnotherCall)
            }
        }
    }

    /// Answers a ring, or joins a call that goes on.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Forbidden`] for a blocked member, [`Error::Call`], [`Error::InAnotherCall`].
    pub async fn answer_call(&self, actor: &Actor, call: CallId) -> Result<Seat, Error> {
        if actor.is_blocked() {
            return Err(Error::Forbidden);
        }
        let call = self.change_visible_call(actor, call, Command::Answer(actor.member())).await?;
        Ok(Seat { access: self.access(&call, actor.member())?, call: call.snapshot(self.now()) })
    }

    /// Refuses a ring.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Call`].
    pub async fn decline_call(&self, actor: &Actor, call: CallId) -> Result<(), Error> {
        self.change_visible_call(actor, call, Command::Decline(actor.member())).await.map(drop)
    }

    /// Hangs up: cancels a call that nobody answered, ends a direct call, leaves a group call.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Call`].
    pub async fn end_call(&self, actor: &Actor, call: CallId) -> Result<(), Error> {
        self.change_visible_call(actor, call, Command::Leave(actor.member())).await.map(drop)
    }

    /// Notes that a device of this member shows the ring, so that the caller reads *Ringing*.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Call`].
    pub async fn confirm_ring(&self, actor: &Actor, call: CallId) -> Result<(), Error> {
        self.change_visible_call(actor, call, Command::ConfirmRing(actor.member())).await.map(drop)
    }

    /// A fresh way into the audio of a call the member is in. Asked anew each time: is the call live, are they still in
    /// it, may they still see it.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Forbidden`], [`Error::Call`].
    pub async fn call_token(&self, actor: &Actor, call: CallId) -> Result<Access, Error> {
        let call = self.visible_call(actor, call).await?;
        if actor.is_blocked() {
            return Err(Error::Forbidden);
        }
        if call.is_over() {
            return Err(CallError::Over.into());
        }
        self.access(&call, actor.member())
    }

    /// The call for everybody that goes on in a channel, if there is one.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the member does not belong to the channel.
    pub async fn active_call(&self, actor: &Actor, channel: ChannelId) -> Result<Option<CallSnapshot>, Error> {
        self.channel(actor, channel).await?;
        Ok(self.inner.store.live_call_in(channel).await?.map(|call| call.snapshot(self.now())))
    }

    /// Calls of a channel that this member may see, newest first.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the member does not belong to the channel.
    pub async fn call_history(
        &self,
        actor: &Actor,
        channel: ChannelId,
        before: Option<CallId>,
    ) -> Result<Vec<CallSnapshot>, Error> {
        self.channel(actor, channel).await?;
        let calls = self.inner.store.call_history(actor.member(), channel, before, PAGE).await?;
        Ok(calls.iter().map(|call| call.snapshot(self.now())).collect())
    }

    /// All that is live for this member.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn live(&self, actor: &Actor) -> Result<Live, Error> {
        let as_of = self.now();
        let calls = self.inner.store.live_calls(actor.member()).await?;
        Ok(Live {
            as_of,
            calls: calls.iter().map(|call| call.snapshot(self.now())).collect(),
            unread: self.inner.store.unread(actor.member()).await?,
        })
    }

    /// The calls that ring for this member, newest first.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a parish they are not acting in.
    pub async fn ringing(&self, actor: &Actor, parish: ParishId) -> Result<Vec<CallSnapshot>, Error> {
        if parish != actor.parish() {
            return Err(Error::NotFound);
        }
        let mut calls = self.live(actor).await?.calls;
        calls.retain(|call| call.rings_for(actor.member()).is_some());
        Ok(calls)
    }

    /// Everything that happens to this member from now on. Subscribe first, then take [`Backend::live`]: so nothing falls
    /// between the two.
    #[must_use]
    pub fn subscribe(&self, actor: &Actor) -> crate::Subscription {
        self.inner.hub.subscribe(actor.member())
    }

    /// Ends the rings that are over.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn expire_rings(&self) -> Result<(), Error> {
        for call in self.inner.store.due_calls(self.now()).await? {
            match self.change_call(call, Command::Tick).await {
                Ok(_) | Err(Error::Call(CallError::Over) | Error::NotFound) => {}
                // One broken call must not keep the others ringing.
                Err(error) => tracing::error!(%call, ?error, "a ring could not be ended"),
            }
        }
        Ok(())
    }

    async fn visible_call(&self, actor: &Actor, call: CallId) -> Result<Call, Error> {
        self.inner.store.visible_call(actor.member(), call).await?.ok_or(Error::NotFound)
    }

    async fn change_visible_call(&self, actor: &Actor, call: CallId, command: Command) -> Result<Call, Error> {
        self.visible_call(actor, call).await?;
        self.change_call(call, command).await
    }

    /// Load → apply → save if nobody was faster → publish.
    pub(crate) async fn change_call(&self, id: CallId, command: Command) -> Result<Call, Error> {
        let _turn = self.inner.turns.of(id).lock().await;
        for _ in 0..TRIES {
            let now = self.now();
            let before = self.inner.store.call(id).await?.ok_or(Error::NotFound)?;
            let (mut call, effects) = before.clone().apply(command, now)?;
            if call == before {
                return Ok(call);
            }
            let change = change_for(&call, &effects, now);
            match self.inner.store.save_call(&call, &change).await {
                Ok(Saved::Yes) => call.version += 1,
                Ok(Saved::MemberBusy) => return Err(Error::InAnotherCall),
                Err(StoreError::Conflict) => continue,
                Err(error) => return Err(error.into()),
            }
            if call.state != before.state {
                tracing::info!(call.id = %call.id, status = ?call.state.status(), ?command, "the call changed");
            }
            let viewers = self.publish_call(&call).await;
            if let Some(card) = change.card
                && let Ok(Some(message)) = self.inner.store.message(card).await
            {
                // Of a call between picked people, only they get the card.
                self.inner.hub.publish(viewers, &Event::Message(message));
            }
            return Ok(call);
        }
        Err(Error::Unavailable(StoreError::Conflict))
    }

    /// Tells whoever may see the call; answers who that is. The change is saved already: if this fails, the browsers
    /// learn of it when they ask.
    pub(crate) async fn publish_call(&self, call: &Call) -> Vec<MemberId> {
        let viewers = self.inner.store.viewers(call).await.unwrap_or_else(|error| {
            tracing::error!(call.id = %call.id, ?error, "nobody could be told of a change");
            vec![]
        });
        self.inner.hub.publish(viewers.iter().copied(), &Event::Call(call.snapshot(self.now())));
        viewers
    }

    /// Somebody else's call was there first. An empty room goes away by itself, too.
    async fn delete_spare_room(&self, call: CallId) {
        if let Err(error) = self.inner.voice.delete_room(&room_of(call)).await {
            tracing::warn!(call.id = %call, %error, "a spare room stays for a while");
        }
    }

    fn access(&self, call: &Call, member: MemberId) -> Result<Access, Error> {
        let participant = call.participant(member).filter(|_| call.is_connected(member)).ok_or(CallError::NotInCall)?;
        Ok(self.inner.voice.access(&room_of(call.id), Identity { member, epoch: participant.epoch })?)
    }
}

/// What is recorded in the transaction that saves the call.
fn change_for(call: &Call, effects: &[Effect], now: Timestamp) -> Change {
    let mut change = Change { card: None, jobs: vec![], at: now };
    for effect in effects {
        match *effect {
            Effect::PostCard => change.card = Some(MessageId(ids::fresh(now))),
            Effect::CloseAudio => change.jobs.push(worker::Task::CloseRoom { call: call.id }.job(now)),
            Effect::Disconnect { member, epoch } => {
                change.jobs.push(worker::Task::Disconnect { call: call.id, member, epoch }.job(now));
            }
        }
    }
    change
}
