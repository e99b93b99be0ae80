//! Every key of a pipeline file.

use super::shape::{Key, Kind, Object, optional, required};

static EACH_WINDOW: Kind = Kind::Object(&WINDOW_OBJECT);
static EACH_FREEZE: Kind = Kind::Object(&FREEZE);
static EACH_STAGE: Kind = Kind::Object(&STAGE);
static EACH_STEP: Kind = Kind::Object(&STEP);
const TEXTS: Kind = Kind::List(&Kind::Text);
const WINDOW: &str = "When it may start: `NONE`, `PACIFIC_WORKING_HOURS`, `PACIFIC_WORKING_HOURS_REDUCED`, or one of `deployment_time_windows`.";
pub(super) const REQUIRES_APPROVAL: [&str; 3] = ["ALWAYS", "DESTRUCTIVE_CHANGES_ONLY", "NEVER"];
pub(super) const STEP_TYPES: [&str; 6] = ["sam", "cloudformation", "run", "test", "bake", "approval"];
/// Types of steps that are planned.
pub(super) const LATER_STEP_TYPES: [&str; 8] =
    ["lambda", "terraform", "stack_set", "ecs", "s3_sync", "cloudfront_invalidation", "change_calendar", "webhook"];
pub(super) const CAPABILITIES: [&str; 3] = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"];
pub(super) const ON_FAILURE: [&str; 3] = ["ROLLBACK", "DELETE", "DO_NOTHING"];

/// The whole file.
pub(super) static FILE: Object = Object {
    title: "the pipeline file",
    keys: &[
        required("version", Kind::Version, "The version of this form: `1`."),
        ORGANIZATION_KEY,
        STATE,
        TRACKS,
        CLOUD_PROVIDER,
        UPDATES,
        STAGE_DEFAULTS_KEY,
        WINDOWS,
        FREEZES,
        ARTIFACTS,
        STAGES,
        STEPS,
        NOTIFICATIONS,
        EPHEMERAL,
    ],
    meant: FILE_MEANT,
};

/// The file in the form that has everything below `pipeline`.
pub(super) static WRAPPED_FILE: Object = Object {
    title: "the pipeline file",
    keys: &[
        required("version", Kind::Version, "The version of this form: `1`."),
        required("pipeline", Kind::Object(&WRAPPED_PIPELINE), "The pipeline."),
    ],
    meant: &[],
};

pub(super) static WRAPPED_PIPELINE: Object = Object {
    title: "the pipeline",
    keys: &[
        ORGANIZATION_KEY,
        STATE,
        TRACKS,
        CLOUD_PROVIDER,
        UPDATES,
        STAGE_DEFAULTS_KEY,
        WINDOWS,
        FREEZES,
        ARTIFACTS,
        STAGES,
        STEPS,
        NOTIFICATIONS,
        EPHEMERAL,
    ],
    meant: FILE_MEANT,
};

const FILE_MEANT: &[(&str, &str)] = &[
    ("windows", "deployment_time_windows"),
    ("time_windows", "deployment_time_windows"),
    ("defaults", "stage_defaults"),
    ("environments", "stages"),
    ("branch", "tracks"),
    ("jobs", "steps"),
];

const ORGANIZATION_KEY: Key =
    optional("organization", Kind::Object(&ORGANIZATION), "The organization that the pipeline must run in.");
const STATE: Key =
    optional("state", Kind::Text, "Where releases, journals and locks live: `disk` or `s3://bucket/prefix`.");
const TRACKS: Key = optional("tracks", Kind::Text, "The branch that the pipeline follows.");
const CLOUD_PROVIDER: Key = optional("cloud_provider", Kind::Word(&["AWS"]), "`AWS`.");
const UPDATES: Key = optional("pipeline_updates_require_approval", Kind::Later, "Not available in this version.");
const STAGE_DEFAULTS_KEY: Key = optional(
    "stage_defaults",
    Kind::Object(&STAGE_DEFAULTS),
    "What every stage has unless it says otherwise. `vars` and `session_tags` merge key by key.",
);
const WINDOWS: Key =
    optional("deployment_time_windows", Kind::Map(&EACH_WINDOW), "The pipeline's own deployment windows, by name.");
const FREEZES: Key = optional("freezes", Kind::List(&EACH_FREEZE), "Days on which nothing starts.");
const ARTIFACTS: Key =
    optional("artifacts", Kind::Map(&Kind::Elsewhere), "What is built once and mirrored everywhere, by name.");
const STAGES: Key = required("stages", Kind::List(&EACH_STAGE), "Stages in the order of promotion.");
const STEPS: Key = required("steps", Kind::List(&EACH_STEP), "Steps, run in every stage that does not skip them.");
const NOTIFICATIONS: Key = optional("notifications", Kind::Later, "Not available in this version.");
const EPHEMERAL: Key = optional("ephemeral_environments", Kind::Later, "Not available in this version.");

static ORGANIZATION: Object = Object {
    title: "`organization`",
    keys: &[
        optional("id", Kind::Text, "The organization's id, `o-…`."),
        optional("cicd_account_id", Kind::AccountId, "The account that holds artifacts and state."),
        optional("cicd_account_region", Kind::Region, "The home region of that account."),
    ],
    meant: &[("cicd_region", "cicd_account_region"), ("account_id", "cicd_account_id"), ("organization_id", "id")],
};

static WINDOW_OBJECT: Object = Object {
    title: "a deployment window",
    keys: &[
        required("time_zone", Kind::Text, "An IANA time zone, such as `Europe/Berlin`."),
        optional(
            "days",
            Kind::OneOrMany(&Kind::Text),
            "The days on which it opens, `[mon, tue]` or `mon-fri`, which is the default.",
        ),
        required("from", Kind::Text, "When it opens, `\"09:00\"`."),
        required("to", Kind::Text, "When it closes, `\"16:00\"`; not later than `from` means on the next day."),
    ],
    meant: &[("timezone", "time_zone"), ("tz", "time_zone"), ("start", "from"), ("end", "to"), ("until", "to")],
};

static FREEZE: Object = Object {
    title: "a freeze",
    keys: &[
        required("name", Kind::Text, "What it is called."),
        required("from", Kind::Text, "The first day, `2026-12-20`."),
        required("to", Kind::Text, "The last day."),
        optional("time_zone", Kind::Text, "Where these are the days; `UTC` if left out."),
        optional("stages", TEXTS, "The stages that it holds; all if left out."),
    ],
    meant: &[("timezone", "time_zone"), ("start", "from"), ("end", "to"), ("until", "to")],
};

/// An artifact.
pub(super) static ARTIFACT: Object = Object {
    title: "an artifact",
    keys: &[
        required("type", Kind::Elsewhere, "`sam` or `cloudformation`."),
        required("template", Kind::Text, "The template's path, from the repository root."),
        optional("build", Kind::OneOrMany(&Kind::Text), "Shell commands that build it, run from the repository root."),
    ],
    meant: &[("template_file", "template"), ("path", "template"), ("build_commands", "build"), ("command", "build")],
};

const REGION_KEY: Key = optional("region", Kind::Region, "The region, for a stage with one account.");
const WINDOW_KEY: Key = optional("deployment_time_window", Kind::Text, WINDOW);
const VARS: Key = optional("vars", Kind::Map(&Kind::Any), "`vars.*` of the stage's expressions.");
const ALARM: Key = optional("auto_rollback_alarm_name", Kind::Text, "A CloudWatch alarm that rolls the stage back.");
const ALARMS: Key =
    optional("auto_rollback_alarms", TEXTS, "CloudWatch alarms that roll the stage back, five at most.");
const WITHOUT_DATA: Key = optional(
    "alarms_without_data",
    Kind::Word(&["pause", "ok"]),
    "What an alarm without data means; `pause` if left out.",
);
const DEPLOYMENT_ROLE: Key = optional(
    "deployment_role",
    Kind::Text,
    "The role to assume in each account, by name or ARN, or `caller` for the caller's own credentials; if left out, the stage's own of the bootstrap file, `landfall-deploy` without one.",
);
const EXECUTION_ROLE: Key = optional(
    "execution_role",
    Kind::Text,
    "The role that CloudFormation uses, by name or ARN; if left out, the stage's own where there is a bootstrap file.",
);
const ARTIFACT_BUCKET: Key =
    optional("artifact_bucket", Kind::Text, "The bucket for packaged code; `landfall-<account>-<region>` if left out.");
const ARTIFACT_PREFIX: Key = optional(
    "artifact_prefix",
    Kind::Text,
    "The key prefix in that bucket; `<pipeline>/<stage>` where there is a bootstrap file.",
);
const EXTERNAL_ID: Key = optional("external_id", Kind::Text, "The external id to assume the role with.");
const SESSION_TAGS: Key = optional("session_tags", Kind::Map(&Kind::Text), "Session tags to assume the role with.");
const APPROVAL_KEY: Key = optional(
    "requires_approval",
    Kind::Word(&REQUIRES_APPROVAL),
    "When a person must agree before the stage changes anything; `NEVER` if left out.",
);
const WAVES: Key =
    optional("waves", Kind::List(&Kind::Amount), "How many targets are done after each wave: `[1, 10%, 100%]`.");
const MAX_CONCURRENT: Key =
    optional("max_concurrent", Kind::Amount, "How many targets at the same time; 10 if left out.");
const FAILURE_TOLERANCE: Key =
    optional("failure_tolerance", Kind::Amount, "How many targets may fail before nothing new starts; 0 if left out.");
const REGION_CONCURRENCY: Key = optional(
    "region_concurrency",
    Kind::Word(&["sequential", "parallel"]),
    "Whether regions follow one another; `sequential` if left out.",
);

const STAGE_MEANT: &[(&str, &str)] = &[
    ("variables", "vars"),
    ("parameters", "vars"),
    ("account", "account_id"),
    ("accountId", "account_id"),
    ("role", "deployment_role"),
    ("role_arn", "deployment_role"),
    ("window", "deployment_time_window"),
    ("alarms", "auto_rollback_alarms"),
    ("alarm", "auto_rollback_alarm_name"),
    ("auto_rollback_alarm", "auto_rollback_alarm_name"),
    ("auto_rollback_alarm_names", "auto_rollback_alarms"),
    ("bucket", "artifact_bucket"),
];

static STAGE_DEFAULTS: Object = Object {
    title: "`stage_defaults`",
    keys: &[
        REGION_KEY,
        WINDOW_KEY,
        VARS,
        ALARM,
        ALARMS,
        WITHOUT_DATA,
        DEPLOYMENT_ROLE,
        EXECUTION_ROLE,
        ARTIFACT_BUCKET,
        ARTIFACT_PREFIX,
        EXTERNAL_ID,
        SESSION_TAGS,
        APPROVAL_KEY,
        WAVES,
        MAX_CONCURRENT,
        FAILURE_TOLERANCE,
        REGION_CONCURRENCY,
    ],
    meant: STAGE_MEANT,
};

pub(super) static STAGE: Object = Object {
    title: "a stage",
    keys: &[
        required("name", Kind::Text, "Lower-case letters, digits and hyphens."),
        optional("account_id", Kind::AccountId, "The account: twelve digits in quotes."),
        REGION_KEY,
        optional("targets", Kind::Object(&TARGETS), "Many accounts and regions, instead of `account_id` and `region`."),
        WAVES,
        MAX_CONCURRENT,
        FAILURE_TOLERANCE,
        REGION_CONCURRENCY,
        WINDOW_KEY,
        VARS,
        optional("skip", TEXTS, "Steps that this stage leaves out, by name or id."),
        ALARM,
        ALARMS,
        WITHOUT_DATA,
        DEPLOYMENT_ROLE,
        EXECUTION_ROLE,
        ARTIFACT_BUCKET,
        ARTIFACT_PREFIX,
        EXTERNAL_ID,
        SESSION_TAGS,
        APPROVAL_KEY,
    ],
    meant: STAGE_MEANT,
};

static TARGETS: Object = Object {
    title: "`targets`",
    keys: &[
        optional("organizational_units", TEXTS, "Organizational units by id; the units below them belong to them."),
        optional("accounts", Kind::List(&Kind::AccountId), "Accounts: twelve digits in quotes."),
        optional("exclude_accounts", Kind::List(&Kind::AccountId), "Accounts to leave out."),
        required("regions", Kind::List(&Kind::Region), "Regions, in the order in which they are deployed to."),
    ],
    meant: &[
        ("ous", "organizational_units"),
        ("organizational_unit_ids", "organizational_units"),
        ("account_ids", "accounts"),
        ("region", "regions"),
        ("exclude", "exclude_accounts"),
    ],
};

pub(super) static STEP: Object = Object {
    title: "a step",
    keys: &[
        required("name", Kind::Text, "Its name, unique in the pipeline."),
        optional("id", Kind::Text, "The name that `steps.<id>` uses; the name itself if left out."),
        required("type", Kind::Text, "`sam`, `cloudformation`, `run`, `test`, `bake` or `approval`."),
        optional("params", Kind::Elsewhere, "Depends on `type`."),
        optional("goes_after", Kind::OneOrMany(&Kind::Text), "The steps it waits for; the step before it if left out."),
    ],
    meant: &[
        ("parameters", "params"),
        ("with", "params"),
        ("uses", "type"),
        ("depends_on", "goes_after"),
        ("needs", "goes_after"),
        ("after", "goes_after"),
    ],
};

pub(super) static STACK: Object = Object {
    title: "the params of a stack",
    keys: &[
        optional("artifact", Kind::Text, "The artifact to deploy."),
        optional("template", Kind::Text, "A template's path, instead of an artifact."),
        required("stack_name", Kind::Expression, "The stack's name."),
        optional("parameter_overrides", Kind::Map(&Kind::Parameter), "Template parameters."),
        optional("capabilities", Kind::List(&Kind::Word(&CAPABILITIES)), "What the template may do."),
        optional("tags", Kind::Map(&Kind::Expression), "Stack tags."),
        optional("disable_rollback", Kind::Bool, "Keep what was made when the deployment fails."),
        optional("on_failure", Kind::Word(&ON_FAILURE), "What becomes of a new stack that fails."),
        optional("timeout_minutes", Kind::Int(1, 2880), "How long the stack may take."),
        optional("busy_timeout_minutes", Kind::Int(0, 2880), "How long somebody else's operation is waited for."),
        optional("termination_protection", Kind::Bool, "Set or clear termination protection."),
        optional(
            "notification_arns",
            Kind::List(&Kind::Expression),
            "SNS topics for the stack's events, five at most.",
        ),
        optional("monitoring_minutes", Kind::Int(0, 180), "How long CloudFormation itself watches the stage's alarms."),
        optional("allow_replacement", TEXTS, "Logical ids that may be replaced or removed although they hold data."),
        optional("rollback", Kind::Word(&["allowed", "forbidden"]), "Whether a release may be rolled back."),
        optional("fail_on_empty_changeset", Kind::Bool, "Whether having nothing to change is a failure."),
    ],
    meant: &[
        ("parameters", "parameter_overrides"),
        ("params", "parameter_overrides"),
        ("name", "stack_name"),
        ("template_file", "template"),
        ("capability", "capabilities"),
        ("timeout", "timeout_minutes"),
    ],
};

pub(super) static COMMAND: Object = Object {
    title: "the params of a command",
    keys: &[
        required("command", Kind::Expression, "Shell text, run from the repository root."),
        optional("working_directory", Kind::Expression, "Where it runs."),
        optional("env", Kind::Map(&Kind::Expression), "Environment variables."),
        optional("timeout_minutes", Kind::Int(1, 1440), "When it is stopped; 30 if left out."),
        optional("retries", Kind::Int(0, 10), "How often it is started again after a failure; 0 if left out."),
        optional(
            "credentials",
            Kind::Word(&["none", "target"]),
            "Whether it gets credentials for the target; `none` if left out.",
        ),
    ],
    meant: &[
        ("commands", "command"),
        ("run", "command"),
        ("script", "command"),
        ("environment", "env"),
        ("timeout", "timeout_minutes"),
        ("cwd", "working_directory"),
    ],
};

/// `DEVRAMPS:APPROVAL:TEST`
pub(super) static FOREIGN_TEST: Object = Object {
    title: "the params of a test",
    keys: &[
        required("testCommand", Kind::Expression, "Shell text."),
        optional("workingDirectory", Kind::Expression, "Where it runs."),
        optional("environmentVariables", Kind::Map(&Kind::Expression), "Environment variables."),
        optional("timeout", Kind::Int(1, 1440), "Minutes; 30 if left out."),
        optional("testType", Kind::Word(&["generic"]), "`generic`."),
    ],
    meant: &[("command", "testCommand"), ("timeout_minutes", "timeout"), ("env", "environmentVariables")],
};

pub(super) static BAKE: Object = Object {
    title: "the params of a bake",
    keys: &[required("duration_minutes", Kind::IntExpression(1, 10080), "How long to wait and watch.")],
    meant: &[
        ("duration", "duration_minutes"),
        ("minutes", "duration_minutes"),
        ("timeout_minutes", "duration_minutes"),
    ],
};

pub(super) static APPROVAL: Object = Object {
    title: "the params of an approval",
    keys: &[
        optional("message", Kind::Expression, "What the person is asked."),
        optional("approvers", TEXTS, "Who may agree; anyone with access to the state if left out."),
        optional("minimum", Kind::Int(1, 20), "How many must agree; 1 if left out."),
        optional("allow_author", Kind::Bool, "Whether the one who started the run counts; `false` if left out."),
        optional("expires_after_hours", Kind::Int(1, 720), "When the question lapses; 24 if left out."),
    ],
    meant: &[("min_approvals", "minimum"), ("timeout_hours", "expires_after_hours"), ("users", "approvers")],
};
