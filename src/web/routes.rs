//! A router that remembers what it was given, so that a test can walk every route as each role.

use crate::app::App;
use axum::Router;
use axum::handler::Handler;
use axum::routing::{MethodRouter, delete, get, patch, post, put};
use std::borrow::Cow;

/// Routes of a resource, or of the whole application. Paths are written out whole, so that a search for one finds it.
#[derive(Default)]
pub struct Routes {
    router: Router<App>,
    listed: Vec<(&'static str, Cow<'static, str>)>,
}

macro_rules! verbs {
    ($($verb:ident $method:literal),+) => {$(
        #[must_use]
        pub fn $verb<H: Handler<T, App>, T: 'static>(self, path: impl Into<Cow<'static, str>>, handler: H) -> Self {
            self.on($method, path, $verb(handler))
        }
    )+};
}

impl Routes {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    verbs!(get "GET", post "POST", put "PUT", patch "PATCH", delete "DELETE");

    fn on(
        mut self,
        method: &'static str,
        path: impl Into<Cow<'static, str>>,
        handler: MethodRouter<App>,
    ) -> Self {
        let path = path.into();
        self.router = self.router.route(&path, handler);
        self.listed.push((method, path));
        self
    }

    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.listed.extend(other.listed);
        self.router = self.router.merge(other.router);
        self
    }

    /// Every route as (method, path).
    #[must_use]
    pub fn listed(&self) -> &[(&'static str, Cow<'static, str>)] {
        &self.listed
    }

    pub fn into_router(self) -> Router<App> {
        self.router
    }
}
