//! Jenkins: a declarative pipeline on agents whose instance role is the way into AWS, so that Jenkins holds no keys.

use super::{Setup, StageEntry, deploy, indented, resume, word};
use std::fmt::Write as _;

pub(super) fn text(setup: &Setup) -> String {
    let mut out = format!(
        "pipeline {{
  // Agents on EC2 with the instance role. No credentials are stored in Jenkins.
  agent {{ label 'landfall' }}
  options {{
    disableConcurrentBuilds()
    timeout(time: {timeout}, unit: 'MINUTES')
  }}
  environment {{
    PATH = \"${{env.HOME}}/.local/bin:${{env.PATH}}\"
  }}
  stages {{
    stage('Install') {{
      steps {{
        sh '''
          set -eu
{install}
        '''
      }}
    }}
    stage('Check') {{
      steps {{
        sh {check}
      }}
    }}
",
        timeout = (setup.time_limit + 15) * u32::try_from(setup.stages.len().max(1)).unwrap_or(1),
        install = indented(&groovy_lines(&setup.install.script()), 10),
        check = groovy(&format!("landfall check --pipeline {}", word(&setup.pipeline))),
    );
    out.extend(setup.stages.iter().map(|stage| deployment(setup, stage)));
    let _ = write!(
        out,
        "  }}
  post {{
    unsuccessful {{
      echo {}
    }}
  }}
}}
",
        groovy(&resume(setup))
    );
    out
}

fn deployment(setup: &Setup, stage: &StageEntry) -> String {
    format!(
        "    stage({name}) {{
      when {{
        branch {branch}
        not {{ changeRequest() }}
      }}
      environment {{
        AWS_REGION = {region}
      }}
      steps {{
        sh {deploy}
      }}
    }}
",
        name = groovy(&format!("Deploy {}", stage.name)),
        branch = groovy(stage.branch.as_deref().unwrap_or(&setup.branch)),
        region = groovy(&stage.region),
        deploy = groovy(&deploy(setup, &stage.name)),
    )
}

/// A text in single quotes, in which Groovy puts nothing in place of `$`.
fn groovy(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

/// Text between three single quotes.
fn groovy_lines(text: &str) -> String {
    text.replace('\\', "\\\\").replace("'''", "\\'\\'\\'")
}
