//! A name that moves, such as `HEAD` or a branch. At a terminal it is taken as the commit that it is now, which is said before
//! anything is asked; elsewhere it is refused by whoever looks it up.

use crate::app::App;
use crate::app::question::{forbidden, terminal};
use promote_core::config::Config;
use promote_core::failure::Failure;
use promote_core::observe::{Named, by_name, moving};
use promote_core::ports::ReadPorts;
use promote_core::request::{Request, Wanted};
use promote_view::{Style, Text};

/// Puts the commit in the place of a name that moves. `seen`: whether somebody looks at it before anything is done.
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
    let Some(history) = &view.history else { return Ok(()) };
    let found = match &request.wanted {
        Wanted::Moving(name) => {
            moving(history.as_ref(), name).await?.map(|now| (name.clone(), Named::Moving(now)))
        }
        Wanted::Tag(name) => by_name(history.as_ref(), name).await?.map(|found| (name.clone(), found)),
        Wanted::Environment(name) if !config.environments.contains_key(name) => {
            by_name(history.as_ref(), name.as_str()).await?.map(|found| (name.to_string(), found))
        }
        _ => None,
    };
    if let Some((name, Named::Moving(now))) = found
        && let Ok(commit) = now.id.as_str().parse()
    {
        let text = format!("`{name}` is {} now: {}", now.id.short(7), now.subject);
        app.screen.say(&Text::new(text, Style::Strong));
        request.wanted = Wanted::Commit(commit);
    }
    Ok(())
}
