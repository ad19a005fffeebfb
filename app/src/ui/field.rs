//! A line to type into, with its label above it.

use leptos::prelude::*;

/// What a field is for, so that the browser offers the right keyboard and the right suggestions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Autofill {
    /// A person's name.
    Name,
    /// An e-mail address or user name.
    Username,
    /// The password of an account.
    CurrentPassword,
    /// The password of an account to be.
    NewPassword,
    /// What another device shows, once.
    Code,
}

impl Autofill {
    /// As in `autocomplete` (HTML, "Autofill").
    pub(crate) fn token(self) -> &'static str {
        match self {
            Autofill::Name => "name",
            Autofill::Username => "username",
            Autofill::CurrentPassword => "current-password",
            Autofill::NewPassword => "new-password",
            Autofill::Code => "one-time-code",
        }
    }

    fn kind(self) -> &'static str {
        match self {
            Autofill::Name | Autofill::Username | Autofill::Code => "text",
            Autofill::CurrentPassword | Autofill::NewPassword => "password",
        }
    }

    fn capitals(self) -> &'static str {
        match self {
            Autofill::Name => "words",
            Autofill::Code => "characters",
            Autofill::Username | Autofill::CurrentPassword | Autofill::NewPassword => "none",
        }
    }
}

/// A labelled line to type into.
#[component]
pub(crate) fn TextField(
    /// The name of the value in the form, and the id of the field.
    name: &'static str,
    label: &'static str,
    autofill: Autofill,
    /// A line of help under the label.
    #[prop(optional)]
    hint: Option<&'static str>,
    /// Fewest characters, as the browser checks it.
    #[prop(optional)]
    least: usize,
    /// Most characters, as the browser checks it.
    most: usize,
) -> impl IntoView {
    let described = hint.map(|_| format!("{name}-hint"));
    view! {
        <div class="field">
            <label for=name>{label}</label>
            {hint.map(|hint| view! {
                <p class="field-hint" id=format!("{name}-hint")>
                    {hint}
                </p>
            })}
            <input
                id=name
                name=name
                type=autofill.kind()
                autocomplete=autofill.token()
                autocapitalize=autofill.capitals()
                spellcheck="false"
                aria-describedby=described
                minlength=(least > 0).then(|| least.to_string())
                maxlength=most.to_string()
                required
            />
        </div>
    }
    .into_any()
}
