//! Charts: numbers and dates in, geometry out. No SQL and no HTML here; each chart is an `askama::Template` whose
//! SVG stands in `templates/chart/`, so that its colours come from the page's style sheet.
//!
//! A page's struct holds the chart as a field and its template writes `{{ burndown|safe }}`. A chart is itself a
//! template with escaping, so its text is escaped once, by itself; `safe` keeps the page from doing it again.
//!
//! Geometry is in the units of the `viewBox`, about one pixel, rounded to a tenth. Each large chart is a `figure`
//! with a title, a description, a `title` on each value, and the table of its data in a `details`.

mod bars;
mod burndown;
mod confidence;
mod heat;
mod label;
mod layers;
mod matrix;
mod path;
mod plan;
mod reach;
mod roadmap;
mod scale;
mod scores;
mod series;
mod slip;
mod sparkline;
mod tornado;
mod trend;

pub use bars::Bars;
pub use burndown::{Burndown, BurndownWeek};
pub use confidence::{Confidence, ConfidenceData, Curve, percent};
pub use heat::{Heat, HeatCell};
pub use label::number;
pub use layers::{EdgeKind, FocusAt, Layers, LayersData, LayersEdge, LayersFocus, LayersNode, NodeKind};
pub use matrix::{Matrix, MatrixCell};
pub use path::{PathStep, PathStrip};
pub use plan::{PlanChart, PlanData};
pub use reach::Reach;
pub use roadmap::{
    LinkEnd, LinkKind, Roadmap, RoadmapData, RoadmapKind, RoadmapLink, RoadmapRow, RoadmapState, Zoom,
};
pub use scale::Tick;
pub use scores::{Scores, ScoresData};
pub use series::{Series, SeriesData};
pub use slip::{Slip, slip_range};
pub use sparkline::Sparkline;
pub use tornado::{Driver, DriverKind, Tornado};
pub use trend::{Trend, TrendLine};

/// What a chart is called, in words. The texts stand beside the drawing and name it to a screen reader.
#[derive(Debug, Clone)]
pub struct Words {
    /// Unique on its page; letters, digits and hyphens.
    pub id: String,
    pub title: String,
    /// One or two sentences: what is drawn, and what it shows.
    pub description: String,
}

impl Words {
    #[must_use]
    pub fn new(id: impl Into<String>, title: impl Into<String>, description: impl Into<String>) -> Self {
        Self { id: id.into(), title: title.into(), description: description.into() }
    }
}
