//! A name that moves, such as `HEAD` or a branch. At a terminal it is taken as the commit that it is now, which is said before
//! anything is asked; elsewhere it is refused by whoever looks it up.

use crate::app::App;
use crate::app::question::{forbidden, terminal};
use promote::Questions;
use promote_core::config::Config;
use promote_core::failure::Failure;
use promote_core::observe::wanted_by_moving;
use promote_core::port::Commit;
use promote_core::ports::ReadPorts;
use promote_core::request::{Request, Wanted};
use promote_view::{Style, Text};

/// Puts the commit in the place of a name that moves, for what is no promotion. `seen`: whether somebody looks at it before
/// anything is done.
pub(crate) async fn settle(
    app: &App<'_>,
    view: &ReadPorts,
    config: &Config,
    request: &mut Request,
    seen: bool,
) -> Result<(), Failure> {
    if !seen || !terminal(app) || forbidden(app) {
        return Ok(());
    }
    let found = wanted_by_moving(view, config, &request.wanted).await?;
    if let Some((name, now)) = found
        && let Ok(commit) = now.id.as_str().parse()
    {
        say(app, &name, &now);
        request.wanted = Wanted::Commit(commit);
    }
    Ok(())
}

/// Says what the name is now.
pub(crate) fn say(app: &App<'_>, name: &str, now: &Commit) {
    let text = format!("`{name}` is {} now: {}", now.id.short(7), now.subject);
    app.screen.say(&Text::new(text, Style::Strong));
}

/// Nobody is asked anything where something is only looked at.
pub(crate) struct Looking<'a>(pub(crate) &'a App<'a>);

impl Questions for Looking<'_> {
    fn settled(&self, name: &str, now: &Commit) {
        say(self.0, name, now);
    }
}
