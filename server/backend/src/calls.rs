//! The use cases of a call. Each ends in [`Backend::change_call`] or begins in [`Backend::initiate_call`].

use crate::changes::{Changed, Step, Untold, change_for};
use crate::limits::{Limited, Rung};
use crate::voice_server::{Identity, room_of};
use crate::{Actor, Backend, Error, Noted, VoiceServerError, ids};
use domain::call::{Callees, NewCall};
use domain::text::Field;
use domain::{
    Access, Audience, Call, CallError, CallId, CallSnapshot, ChannelId, ChannelKind, Command, Effect, Live, MemberId,
    Nonce, ParishId, Seat, Tap,
};
use store::{Granted, Inserted, Request, StoreError};

/// How often something is tried when somebody else was faster.
pub(crate) const TRIES: usize = 8;

/// Who is to be in a new call.
enum Whom {
    /// Phones ring: everybody's of the channel, or these people's of a parish.
    Called(Vec<MemberId>),
    /// Nobody's phone rings. Whoever wants to comes.
    Gathered,
}

impl From<VoiceServerError> for Error {
    fn from(error: VoiceServerError) -> Self {
        tracing::warn!(%error, "the voice server does not do what we ask");
        Error::VoiceServerDown
    }
}

impl Backend {
    /// Calls the other of a direct channel, everybody of a group, or the picked `targets` of a parish channel. If a call
    /// for the whole channel goes on already, or one of the same people, joins that one: this also settles two who call
    /// each other at once.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Forbidden`], [`Error::Invalid`] for targets outside of the parish,
    /// [`Error::InAnotherCall`], [`Error::Limited`], and [`Error::VoiceServerDown`], in which case nobody's phone rang.
    pub async fn initiate_call(
        &self,
        actor: &Actor,
        channel: ChannelId,
        targets: Vec<MemberId>,
        tap: Tap,
    ) -> Result<Seat, Error> {
        self.begin_call(actor, channel, Whom::Called(targets), tap).await
    }

    /// Opens a call for the whole channel, group or parish, without ringing anybody: a card lets whoever sees it join. If
    /// one goes on already, joins that one.
    ///
    /// # Errors
    /// As [`Backend::initiate_call`]; [`Error::Invalid`] in a direct channel.
    pub async fn gather_call(&self, actor: &Actor, channel: ChannelId, tap: Tap) -> Result<Seat, Error> {
        self.begin_call(actor, channel, Whom::Gathered, tap).await
    }

    async fn begin_call(&self, actor: &Actor, channel: ChannelId, whom: Whom, tap: Tap) -> Result<Seat, Error> {
        let here = self.channel(actor, channel).await?;
        if !here.may_call {
            return Err(Error::Forbidden);
        }
        let me = actor.member();
        let request = Request { member: me, nonce: tap.nonce };
        if let Some(granted) = self.inner.store.granted(request).await? {
            return self.seat_again(actor, granted).await;
        }
        self.inner.limits.take(Limited::StartCall(me))?;
        let members = self.inner.store.channel_members(channel).await?;
        let (audience, callees) = match (here.kind, whom) {
            (ChannelKind::Direct, Whom::Gathered) => return Err(Error::Invalid(Field::Targets)),
            (ChannelKind::Parish | ChannelKind::Group, Whom::Gathered) => (Audience::Channel, None),
            (ChannelKind::Parish, Whom::Called(targets)) => {
                if !targets.iter().all(|target| members.contains(target)) {
                    return Err(Error::Invalid(Field::Targets));
                }
                self.check_seats(targets.len() + 1)?;
                (Audience::Invited, Some(targets))
            }
            (ChannelKind::Group | ChannelKind::Direct, Whom::Called(_)) => (Audience::Channel, Some(members)),
        };
        if audience == Audience::Channel
            && let Some(running) = self.inner.store.live_call_in(channel).await?
        {
            match self.answer_call(actor, running.id, tap).await {
                // It has just ended, or its time was up and nobody had noted it: a new one begins.
                Err(Error::Call(CallError::Over)) => self.note_the_end(running.id).await?,
                joined => return joined,
            }
        }
        let rung = self.take_rings(me, callees.as_deref().unwrap_or_default(), Some(tap.nonce))?;
        let callees = match callees {
            Some(callees) => Callees::Ring(self.callees(actor, &callees).await?, self.inner.settings.ring_for),
            None => Callees::Gather,
        };
        let new = NewCall {
            id: CallId(ids::fresh(self.now())),
            channel,
            kind: here.kind,
            initiator: me,
            device: actor.device(),
            audience,
            callees,
        };
        Call::start(new.clone(), self.now())?;
        // Before the transaction: if the voice server is down, nobody's phone rings.
        self.inner.voice.create_room(&room_of(new.id)).await?;
        // The rings begin now, however long that took.
        let (call, effects) = Call::start(new, self.now())?;
        let access = self.access(&call, actor)?;
        match self.start(&call, &effects, request, tap.switch).await {
            Ok(Inserted::Yes) => {
                rung.count();
                Ok(Seat { call: call.snapshot(self.now()), access })
            }
            // It may have been written all the same, and then its room is needed.
            Err(error) => {
                rung.count();
                Err(error)
            }
            Ok(refused) => {
                drop(rung);
                self.delete_spare_room(call.id).await;
                match refused {
                    Inserted::Busy(running) => self.answer_call(actor, running, tap).await,
                    Inserted::MemberBusy => Err(Error::InAnotherCall),
                    Inserted::Yes | Inserted::Repeated => {
                        let granted = self.inner.store.granted(request).await?.ok_or(Error::NotFound)?;
                        self.seat_again(actor, granted).await
                    }
                }
            }
        }
    }

    /// Writes a call that begins, and leaves the one that its initiator is in, if they want that.
    async fn start(&self, call: &Call, effects: &[Effect], request: Request, switch: bool) -> Result<Inserted, Error> {
        for _ in 0..TRIES {
            let now = self.now();
            let new = change_for(call.clone(), effects, &call.ring_changes(None), Some(request), None, now);
            let left = if switch { self.leaving(call.initiator, call.id, now).await? } else { None };
            let untold = Untold::of(&self.inner.hub);
            match self.inner.store.start_call(&new, left.as_ref()).await {
                Ok(Inserted::Yes) => {
                    self.note(Noted::CallStarted);
                    self.note_rings(&call.ring_changes(None));
                    if let Some(left) = left {
                        self.publish_change(left, None).await;
                    }
                    self.publish_begun(&new).await;
                    untold.over();
                    self.inner.work.notify_one();
                    return Ok(Inserted::Yes);
                }
                // Of the call that is left, or of one begun meanwhile.
                Ok(Inserted::MemberBusy) if switch => untold.over(),
                Err(StoreError::Conflict) => untold.over(),
                Ok(refused) => {
                    untold.over();
                    return Ok(refused);
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::Unavailable(StoreError::Conflict))
    }

    /// Answers a ring, or joins a call that goes on.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Forbidden`] for a blocked member, [`Error::InAnotherCall`], [`Error::Call`]; of these
    /// [`CallError::AnsweredElsewhere`] if another device of theirs was faster, and [`CallError::Full`] if the voice server
    /// has no room for one more; [`Error::Limited`].
    pub async fn answer_call(&self, actor: &Actor, call: CallId, tap: Tap) -> Result<Seat, Error> {
        if actor.is_blocked() {
            return Err(Error::Forbidden);
        }
        let member = actor.member();
        let command = Command::Answer { member, device: actor.device(), seats: self.inner.voice.seats() };
        let request = Some(Request { member, nonce: tap.nonce });
        self.visible_call(actor, call).await?;
        self.inner.limits.take(Limited::Enter(member))?;
        match self
            .change_call(
                call,
                Step {
                    commands: vec![command],
                    request,
                    switch: tap.switch.then_some(member),
                    device: Some(actor.device()),
                },
            )
            .await?
        {
            Changed::Now(call) => self.seat(actor, &call),
            Changed::Before(granted) => self.seat_again(actor, granted).await,
        }
    }

    /// Goes on talking from this device, in the call that the member is in with another one.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Forbidden`] for a blocked member, [`Error::Limited`], [`Error::Call`].
    pub async fn move_call(&self, actor: &Actor, call: CallId, nonce: Nonce) -> Result<Seat, Error> {
        if actor.is_blocked() {
            return Err(Error::Forbidden);
        }
        self.visible_call(actor, call).await?;
        self.inner.limits.take(Limited::Enter(actor.member()))?;
        let (member, device) = (actor.member(), actor.device());
        let commands = vec![Command::Move { member, to: device }];
        let request = Some(Request { member, nonce });
        match self.change_call(call, Step { commands, request, switch: None, device: Some(device) }).await? {
            Changed::Now(call) => self.seat(actor, &call),
            Changed::Before(granted) => self.seat_again(actor, granted).await,
        }
    }

    /// Refuses a ring.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Call`].
    pub async fn decline_call(&self, actor: &Actor, call: CallId, nonce: Nonce) -> Result<(), Error> {
        self.change_once(actor, call, Command::Decline(actor.member()), nonce).await
    }

    /// Hangs up: cancels a call that nobody answered, ends a direct call, leaves a group call.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Call`].
    pub async fn end_call(&self, actor: &Actor, call: CallId, nonce: Nonce) -> Result<(), Error> {
        let leave = Command::Leave { member: actor.member(), device: Some(actor.device()) };
        self.change_once(actor, call, leave, nonce).await
    }

    /// Notes that a device of this member shows the ring, so that the caller reads *Ringing*.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Call`].
    pub async fn confirm_ring(&self, actor: &Actor, call: CallId) -> Result<(), Error> {
        self.visible_call(actor, call).await?;
        self.change_call(call, Command::ConfirmRing { member: actor.member(), device: actor.device() }).await.map(drop)
    }

    /// A fresh way into the audio of a call the member is in. Asked anew each time: is the call live, are they still in
    /// it with this device, may they still see it.
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
        self.access(&call, actor)
    }

    /// The call for everybody that goes on in a channel, if there is one.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the member does not belong to the channel.
    pub async fn active_call(&self, actor: &Actor, channel: ChannelId) -> Result<Option<CallSnapshot>, Error> {
        self.channel(actor, channel).await?;
        Ok(self.inner.store.live_call_in(channel).await?.map(|call| call.snapshot_for(actor.member(), self.now())))
    }

    /// All that is live for this member.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn live(&self, actor: &Actor) -> Result<Live, Error> {
        let as_of = self.now();
        Ok(Live {
            as_of,
            calls: self.live_calls(actor).await?,
            unread: self.inner.store.unread(actor.member()).await?,
            missed: self.missed_by(actor.member()).await?,
        })
    }

    async fn live_calls(&self, actor: &Actor) -> Result<Vec<CallSnapshot>, Error> {
        let calls = self.inner.store.live_calls(actor.member()).await?;
        Ok(calls.iter().map(|call| call.snapshot_for(actor.member(), self.now())).collect())
    }

    /// The calls that ring for this member, newest first.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a parish they are not acting in.
    pub async fn ringing(&self, actor: &Actor, parish: ParishId) -> Result<Vec<CallSnapshot>, Error> {
        if parish != actor.parish() {
            return Err(Error::NotFound);
        }
        let mut calls = self.live_calls(actor).await?;
        calls.retain(|call| call.rings_for(actor.member()).is_some());
        Ok(calls)
    }

    /// Everything that happens to this member from now on. Subscribe first, then take [`Backend::live`]: so nothing falls
    /// between the two.
    #[must_use]
    pub fn subscribe(&self, actor: &Actor) -> crate::Subscription {
        self.inner.hub.subscribe(actor.member())
    }

    pub(crate) async fn visible_call(&self, actor: &Actor, call: CallId) -> Result<Call, Error> {
        self.inner.store.visible_call(actor.member(), call).await?.ok_or(Error::NotFound)
    }

    /// However often it is sent, it happens once.
    pub(crate) async fn change_once(
        &self,
        actor: &Actor,
        call: CallId,
        command: Command,
        nonce: Nonce,
    ) -> Result<(), Error> {
        self.visible_call(actor, call).await?;
        let request = Some(Request { member: actor.member(), nonce });
        let (commands, device) = (vec![command], Some(actor.device()));
        self.change_call(call, Step { commands, request, switch: None, device }).await.map(drop)
    }

    /// Whatever is over by now is written down as such.
    async fn note_the_end(&self, call: CallId) -> Result<(), Error> {
        match self.change_call(call, Command::Tick).await {
            Ok(_) | Err(Error::Call(_) | Error::NotFound) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Ringing the same people again and again is stopped.
    pub(crate) fn take_rings(&self, me: MemberId, callees: &[MemberId], tap: Option<Nonce>) -> Result<Rung<'_>, Error> {
        let pairs: Vec<_> = callees.iter().filter(|callee| **callee != me).map(|callee| (me, *callee)).collect();
        self.inner.limits.take_rings(&pairs, tap, self.now())
    }

    /// # Errors
    /// [`CallError::Full`] if the voice server has no room for so many.
    pub(crate) fn check_seats(&self, people: usize) -> Result<(), Error> {
        let seats = usize::try_from(self.inner.voice.seats()).unwrap_or(usize::MAX);
        if people <= seats { Ok(()) } else { Err(CallError::Full.into()) }
    }

    /// Somebody else's call was there first. An empty room goes away by itself, too.
    async fn delete_spare_room(&self, call: CallId) {
        if let Err(error) = self.inner.voice.delete_room(&room_of(call)).await {
            tracing::warn!(call.id = %call, %error, "a spare room stays for a while");
        }
    }

    fn seat(&self, actor: &Actor, call: &Call) -> Result<Seat, Error> {
        Ok(Seat { access: self.access(call, actor)?, call: call.snapshot(self.now()) })
    }

    /// The seat that a request has led to before, if it is still taken.
    async fn seat_again(&self, actor: &Actor, granted: Granted) -> Result<Seat, Error> {
        let call = self.visible_call(actor, granted.call).await?;
        if call.is_over() {
            return Err(CallError::Over.into());
        }
        if call.check_device(actor.member(), actor.device())?.epoch != granted.epoch {
            return Err(CallError::NotInCall.into());
        }
        // They ask again because the first answer was lost: perhaps others were not told either.
        self.publish_call(&call).await;
        self.seat(actor, &call)
    }

    fn access(&self, call: &Call, actor: &Actor) -> Result<Access, Error> {
        let epoch = call.check_device(actor.member(), actor.device())?.epoch;
        Ok(self.inner.voice.access(&room_of(call.id), Identity { member: actor.member(), epoch })?)
    }
}
