//! How people look to each other.

use crate::limits::Limited;
use crate::{Actor, Backend, Error};
use domain::Hue;

impl Backend {
    /// The member's face has this colour from now on, for everybody.
    ///
    /// # Errors
    /// [`Error::Limited`]; the database did not answer.
    pub async fn choose_hue(&self, actor: &Actor, hue: Hue) -> Result<(), Error> {
        self.inner.limits.take(Limited::Care(actor.member()))?;
        self.inner.store.choose_hue(actor.person(), actor.parish(), hue).await?;
        self.tell_parish_to_reload(actor.parish()).await
    }
}
