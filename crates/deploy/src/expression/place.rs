//! What the names in an expression stand for.

use super::scope::{Outputs, Scope, StageScope};
use super::{SecretRef, Value};
use base::Diagnostic;
use indexmap::IndexMap;

/// Something that has properties but is no value.
#[derive(Debug, Clone, Copy)]
pub(super) enum Space<'a> {
    Pipeline(&'a str),
    Stage(&'a StageScope),
    Artifacts(&'a IndexMap<String, Outputs>),
    Vars(&'a IndexMap<String, Value>),
    Trigger(&'a super::Trigger),
    Organization(Option<&'a super::OrganizationScope>),
    Steps(&'a Scope),
    Stages(&'a IndexMap<String, IndexMap<String, Outputs>>),
    EarlierStage(&'a IndexMap<String, Outputs>),
    EarlierSteps(&'a IndexMap<String, Outputs>),
    /// Outputs of a step or of an artifact.
    Outputs(&'a Outputs),
    /// `stage.secrets` and `organization.secrets`.
    Secrets {
        of_stage: bool,
    },
}

/// What a property is.
#[derive(Debug, Clone)]
pub(super) enum Property<'a> {
    Value(Value),
    Space(Space<'a>),
    /// Known only later, when this has happened: a step's id, or words such as `artifacts.app`.
    Pending,
}

/// The names that an expression can begin with.
pub(super) const ROOTS: [&str; 7] = ["stage", "vars", "trigger", "organization", "pipeline", "steps", "stages"];

/// The object of this name.
pub(super) fn root<'a>(scope: &'a Scope, name: &str) -> Option<Space<'a>> {
    Some(match name {
        "pipeline" => Space::Pipeline(&scope.pipeline),
        "stage" => Space::Stage(scope.stage.as_ref()?),
        "vars" => Space::Vars(&scope.vars),
        "trigger" => Space::Trigger(&scope.trigger),
        "organization" => Space::Organization(scope.organization.as_ref()),
        "steps" => Space::Steps(scope),
        "stages" => Space::Stages(&scope.stages),
        _ => return None,
    })
}

impl<'a> Space<'a> {
    /// A property, or what can be said about its absence.
    pub(super) fn property(self, name: &str) -> Result<Property<'a>, Box<Diagnostic>> {
        self.find(name).ok_or_else(|| Box::new(self.unknown(name)))
    }

    fn find(self, name: &str) -> Option<Property<'a>> {
        let text = |text: &str| Some(Property::Value(Value::from(text)));
        match (self, name) {
            (Self::Pipeline(pipeline), "name" | "slug") => text(pipeline),
            (Self::Stage(stage), "name") => text(&stage.name),
            (Self::Stage(stage), "region") => text(stage.region.as_str()),
            (Self::Stage(stage), "account_id") => match &stage.account_id {
                Some(account) => text(account.as_str()),
                None => Some(Property::Pending),
            },
            (Self::Stage(stage), "artifacts") => Some(Property::Space(Space::Artifacts(&stage.artifacts))),
            (Self::Stage(_), "secrets") => Some(Property::Space(Space::Secrets { of_stage: true })),
            (Self::Trigger(trigger), "sha") => text(&trigger.sha),
            (Self::Trigger(trigger), "branch") => text(&trigger.branch),
            (Self::Trigger(trigger), "tag") => text(&trigger.tag),
            (Self::Organization(_), "secrets") => Some(Property::Space(Space::Secrets { of_stage: false })),
            (Self::Organization(Some(organization)), "id") => text(organization.id.as_deref()?),
            (Self::Organization(Some(organization)), "cicd_account_id") => {
                text(organization.cicd_account_id.as_ref()?.as_str())
            }
            (Self::Organization(Some(organization)), "cicd_account_region") => {
                text(organization.cicd_region.as_ref()?.as_str())
            }
            (Self::Artifacts(all) | Self::EarlierSteps(all), name) => {
                all.get(name).map(|outputs| Property::Space(Space::Outputs(outputs)))
            }
            (Self::Steps(scope), name) => {
                let id = scope.step_names.get(name).map_or(name, String::as_str);
                scope.steps.get(id).map(|outputs| Property::Space(Space::Outputs(outputs)))
            }
            (Self::Vars(vars), name) => vars.get(name).cloned().map(Property::Value),
            (Self::Stages(stages), name) => stages.get(name).map(|steps| Property::Space(Space::EarlierStage(steps))),
            (Self::EarlierStage(steps), "steps") => Some(Property::Space(Space::EarlierSteps(steps))),
            (Self::Outputs(Outputs::Pending), _) => Some(Property::Pending),
            (Self::Outputs(Outputs::Known(outputs)), name) => outputs.get(name).cloned().map(Property::Value),
            (Self::Secrets { of_stage }, name) => {
                let name = name.to_owned();
                let secret = if of_stage { SecretRef::Stage(name) } else { SecretRef::Organization(name) };
                Some(Property::Value(Value::Secret(super::Secret::one(secret))))
            }
            _ => None,
        }
    }

    /// The names of its properties, as far as they are known.
    pub(super) fn names(self) -> Vec<&'a str> {
        fn keys<V>(map: &IndexMap<String, V>) -> Vec<&str> {
            map.keys().map(String::as_str).collect()
        }
        match self {
            Self::Pipeline(_) => vec!["name"],
            Self::Stage(_) => vec!["name", "account_id", "region", "artifacts", "secrets"],
            Self::Trigger(_) => vec!["sha", "branch", "tag"],
            Self::Organization(_) => vec!["id", "cicd_account_id", "cicd_account_region", "secrets"],
            Self::Artifacts(all) | Self::EarlierSteps(all) => keys(all),
            Self::Steps(scope) => keys(&scope.steps),
            Self::Vars(vars) => keys(vars),
            Self::Stages(stages) => keys(stages),
            Self::EarlierStage(_) => vec!["steps"],
            Self::Outputs(Outputs::Known(outputs)) => keys(outputs),
            Self::Outputs(Outputs::Pending | Outputs::Skipped) | Self::Secrets { .. } => vec![],
        }
    }

    /// Whether it can stand as a whole, as a mapping.
    pub(super) fn as_value(self) -> Option<Value> {
        match self {
            Self::Vars(vars) | Self::Outputs(Outputs::Known(vars)) => Some(Value::Map(vars.clone())),
            _ => None,
        }
    }

    fn unknown(self, name: &str) -> Diagnostic {
        let message = match self {
            Self::Pipeline(_) => format!("`pipeline` has no property `{name}`"),
            Self::Stage(_) => format!("`stage` has no property `{name}`"),
            Self::Trigger(_) => format!("`trigger` has no property `{name}`"),
            Self::Organization(_) if self.names().contains(&name) => {
                return Diagnostic::error(
                    "EXPR-006",
                    format!("the pipeline does not say what `organization.{name}` is"),
                )
                .hint("add it to the `organization` section of the pipeline file");
            }
            Self::Organization(_) => format!("`organization` has no property `{name}`"),
            Self::Artifacts(_) => format!("there is no artifact `{name}`"),
            Self::Vars(_) => format!("the stage has no variable `{name}`"),
            Self::Steps(_) => format!("there is no step `{name}` before this one"),
            Self::Stages(_) => format!("there is no earlier stage `{name}`"),
            Self::EarlierStage(_) => format!("an earlier stage has no property `{name}`"),
            Self::EarlierSteps(_) => format!("that stage has no step `{name}`"),
            Self::Outputs(Outputs::Skipped) => {
                return Diagnostic::error(
                    "EXPR-006",
                    format!("there is no output `{name}`: the stage skips that step"),
                )
                .hint("say what to use instead with `default(…, \"\")`");
            }
            Self::Outputs(_) => format!("there is no output `{name}`"),
            Self::Secrets { .. } => format!("there is no secret `{name}`"),
        };
        let diagnostic = Diagnostic::error("EXPR-006", message);
        match (crate::suggest::hint(name, self.names()), self) {
            (Some(hint), _) => diagnostic.hint(hint),
            (None, Self::Vars(_)) => diagnostic.hint("set it in the stage's `vars`"),
            (None, Self::Stages(_)) => diagnostic.hint("name a stage that stands above this one in `stages`"),
            (None, _) => diagnostic,
        }
    }
}
