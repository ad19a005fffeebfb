//! What push messages say, in the languages that we speak. They are written here and not with the words of the pages,
//! because no page is open where they are read.

use domain::Language;

/// What is said in one language.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Words(Language);

impl Words {
    /// For somebody who has chosen this language; English for one that we do not speak, or none.
    pub(crate) fn of(locale: &str) -> Words {
        Words(Language::of(locale).unwrap_or_default())
    }

    /// As in an address and in `lang` (BCP 47).
    pub(crate) fn tag(self) -> &'static str {
        self.0.tag()
    }

    pub(crate) fn incoming_call(self, caller: &str) -> String {
        match self.0 {
            Language::English => format!("Incoming call from {caller}"),
            Language::Spanish => format!("Llamada de {caller}"),
            Language::Polish => format!("Dzwoni {caller}"),
        }
    }

    pub(crate) fn group_call(self, channel: &str) -> String {
        match self.0 {
            Language::English => format!("Group call in {channel}"),
            Language::Spanish => format!("Llamada de grupo en {channel}"),
            Language::Polish => format!("Rozmowa grupowa: {channel}"),
        }
    }

    pub(crate) fn voice_call(self, channel: Option<&str>) -> String {
        match (self.0, channel) {
            (Language::English, Some(channel)) => format!("Voice call in {channel}"),
            (Language::English, None) => "Voice call".to_owned(),
            (Language::Spanish, Some(channel)) => format!("Llamada de voz en {channel}"),
            (Language::Spanish, None) => "Llamada de voz".to_owned(),
            (Language::Polish, Some(channel)) => format!("Rozmowa głosowa: {channel}"),
            (Language::Polish, None) => "Rozmowa głosowa".to_owned(),
        }
    }

    pub(crate) fn missed_call(self, caller: &str) -> String {
        match self.0 {
            Language::English => format!("Missed call from {caller}"),
            Language::Spanish => format!("Llamada perdida de {caller}"),
            Language::Polish => format!("Nieodebrane połączenie: {caller}"),
        }
    }

    pub(crate) fn answered_elsewhere(self) -> &'static str {
        match self.0 {
            Language::English => "Answered on another device",
            Language::Spanish => "Respondida en otro dispositivo",
            Language::Polish => "Odebrano na innym urządzeniu",
        }
    }

    pub(crate) fn declined(self) -> &'static str {
        match self.0 {
            Language::English => "Call declined",
            Language::Spanish => "Llamada rechazada",
            Language::Polish => "Połączenie odrzucone",
        }
    }

    pub(crate) fn answer(self) -> &'static str {
        match self.0 {
            Language::English => "Answer",
            Language::Spanish => "Responder",
            Language::Polish => "Odbierz",
        }
    }

    pub(crate) fn decline(self) -> &'static str {
        match self.0 {
            Language::English => "Decline",
            Language::Spanish => "Rechazar",
            Language::Polish => "Odrzuć",
        }
    }

    pub(crate) fn test_ring(self) -> [&'static str; 2] {
        match self.0 {
            Language::English => ["This is a test ring", "Calls will ring on this device."],
            Language::Spanish => ["Esta es una llamada de prueba", "Las llamadas sonarán en este dispositivo."],
            Language::Polish => ["To jest próbny dzwonek", "Połączenia zadzwonią na tym urządzeniu."],
        }
    }
}
