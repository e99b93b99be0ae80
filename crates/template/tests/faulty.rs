//! Faulty templates, and what their authors see.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use base::{Diagnostic, Sources};
use landfall_template as template;
use template::model::Template;
use template::{Dialect, parse};

/// All messages about a template; the model is read only when the text could be.
fn messages(text: &str) -> String {
    let mut sources = Sources::new();
    let file = sources.add("app.yaml", text);
    let (node, mut problems) = parse(file, text, Dialect::Template);
    if !problems.iter().any(Diagnostic::is_error) {
        problems.extend(Template::read(&node).1);
    }
    problems.iter().map(|problem| problem.render(&sources)).collect()
}

#[test]
fn a_tab_is_no_indentation() {
    let text = "Resources:\n\tA: {}\n";
    insta::assert_snapshot!(messages(text), @r#"
    error[TMPL-003] app.yaml:2:2: a tab stands where YAML needs spaces
      2 |  A: {}
        |  ^
      why: indentation in YAML is spaces only
      fix: replace the tab by spaces
    "#);
}

#[test]
fn a_quote_is_never_closed() {
    let text = "Resources:\n  A:\n    Type: \"AWS::S3::Bucket\n";
    insta::assert_snapshot!(messages(text), @r#"
    error[TMPL-003] app.yaml:3:11: a quote is opened and never closed
      3 |     Type: "AWS::S3::Bucket
        |           ^
      why: the text goes on to the end of the file
      fix: close the quote
    "#);
}

#[test]
fn a_bracket_is_never_closed() {
    let text = "Resources:\n  A: {Type: AWS::S3::Bucket, Properties: {Tags: [1, 2}\n";
    insta::assert_snapshot!(messages(text), @r#"
    error[TMPL-003] app.yaml:2:54: the list in `[ ]` is missing a `,` or its `]`
      2 |   A: {Type: AWS::S3::Bucket, Properties: {Tags: [1, 2}
        |                                                      ^
      why: items between brackets are separated by commas
      fix: add the missing character
    "#);
}

#[test]
fn a_key_has_no_colon() {
    let text = "Resources:\n  A:\n    Type AWS::S3::Bucket\n    Properties: {}\n";
    insta::assert_snapshot!(messages(text), @r#"
    error[TMPL-003] app.yaml:4:15: a `:` stands where no key can be
      4 |     Properties: {}
        |               ^
      why: the line is indented differently from its neighbours, or a text with `: ` in it is not quoted
      fix: check the indentation, or put the text in quotes
    "#);
}

#[test]
fn a_colon_in_a_text_without_quotes() {
    let text = "Description: shop: the backend\nResources: {}\n";
    insta::assert_snapshot!(messages(text), @r#"
    error[TMPL-003] app.yaml:1:18: a `:` stands where no key can be
      1 | Description: shop: the backend
        |                  ^
      why: the line is indented differently from its neighbours, or a text with `: ` in it is not quoted
      fix: check the indentation, or put the text in quotes
    "#);
}

#[test]
fn a_reserved_character_starts_a_value() {
    let text = "Resources:\n  A: @home\n";
    insta::assert_snapshot!(messages(text), @r#"
    error[TMPL-003] app.yaml:2:6: a value cannot start with this character
      2 |   A: @home
        |      ^
      why: `@`, `` ` `` and `%` are reserved in YAML
      fix: put the value in quotes
    "#);
}

#[test]
fn an_alias_without_an_anchor() {
    let text = "Resources: *all\n";
    insta::assert_snapshot!(messages(text), @r#"
    error[TMPL-003] app.yaml:1:12: the alias names an anchor that does not stand before it
      1 | Resources: *all
        |            ^
      why: `*name` repeats the value that was marked `&name` further up
      fix: define the anchor first, or quote the text if it is not an alias
    "#);
}

#[test]
fn a_second_document() {
    let text = "Resources: {A: {Type: AWS::SNS::Topic}}\n---\nResources: {}\n";
    insta::assert_snapshot!(messages(text), @r#"
    error[TMPL-005] app.yaml:2:1: a second document starts here
      2 | ---
        | ^^^
      why: a file holds one document; the text after `---` would be ignored
      fix: remove the `---`, or move the second document to a file of its own
    "#);
}

#[test]
fn a_key_stands_twice() {
    let text = "Resources:\n  A: {Type: AWS::S3::Bucket}\n  B: {Type: AWS::S3::Bucket}\n  A: {Type: AWS::SNS::Topic}\n";
    insta::assert_snapshot!(messages(text), @r#"
    warning[TMPL-008] app.yaml:4:3: key `A` stands twice in this mapping
      4 |   A: {Type: AWS::SNS::Topic}
        |   ^
      why: it stands on line 2 already, and CloudFormation takes the last of the two values
      fix: rename one of them, or remove it
    "#);
}

#[test]
fn an_unknown_tag() {
    let text = "Resources:\n  A:\n    Type: AWS::S3::Bucket\n    Properties: {BucketName: !Subb '${AWS::StackName}', Tags: !include x.yaml}\n";
    insta::assert_snapshot!(messages(text), @r#"
    error[TMPL-010] app.yaml:4:30: unknown tag `!Subb`
      4 |     Properties: {BucketName: !Subb '${AWS::StackName}', Tags: !include x.yaml}
        |                              ^^^^^
      why: CloudFormation knows the short forms of its intrinsic functions only
      fix: did you mean `!Sub`?
    error[TMPL-010] app.yaml:4:63: unknown tag `!include`
      4 |     Properties: {BucketName: !Subb '${AWS::StackName}', Tags: !include x.yaml}
        |                                                               ^^^^^^^^
      why: CloudFormation knows the short forms of its intrinsic functions only
      fix: put the value in quotes if it is text that starts with `!`
    "#);
}

#[test]
fn an_account_id_that_is_octal() {
    let text = "Resources:\n  A: {Type: AWS::S3::Bucket, Properties: {AccountId: 012345670123, Port: 22:22}}\n";
    insta::assert_snapshot!(messages(text), @r#"
    warning[TMPL-013] app.yaml:2:54: `012345670123` is read as the number 1402433619
      2 |   A: {Type: AWS::S3::Bucket, Properties: {AccountId: 012345670123, Port: 22:22}}
        |                                                      ^^^^^^^^^^^^
      why: YAML 1.1, which CloudFormation uses, reads it as octal, because it starts with 0
      fix: write `"012345670123"` if it is an account id, a time, a port mapping or other text
    warning[TMPL-013] app.yaml:2:74: `22:22` is read as the number 1342
      2 |   A: {Type: AWS::S3::Bucket, Properties: {AccountId: 012345670123, Port: 22:22}}
        |                                                                          ^^^^^
      why: YAML 1.1, which CloudFormation uses, reads it as base 60, because it has colons
      fix: write `"22:22"` if it is an account id, a time, a port mapping or other text
    "#);
}

#[test]
fn a_template_variable_is_a_mapping() {
    let text = "Resources:\n  A: {Type: AWS::S3::Bucket, Properties: {{Name}}: x}\n";
    insta::assert_snapshot!(messages(text), @r#"
    error[TMPL-009] app.yaml:2:43: a mapping cannot be a key
      2 |   A: {Type: AWS::S3::Bucket, Properties: {{Name}}: x}
        |                                           ^^^^^^
      why: keys are text; a short function such as `!Ref` is a mapping, and `{{…}}` without quotes is one too
      fix: put the key in quotes
    error[TMPL-003] app.yaml:2:50: the mapping in `{ }` is missing a `,` or its `}`
      2 |   A: {Type: AWS::S3::Bucket, Properties: {{Name}}: x}
        |                                                  ^
      why: keys between braces are separated by commas; `${Name}` and `{{…}}` have to be quoted at the start of a value
      fix: add the missing character, or quote the text
    "#);
}

#[test]
fn a_merge_of_text() {
    let text = "Resources:\n  A: {Type: AWS::S3::Bucket, <<: text}\n";
    insta::assert_snapshot!(messages(text), @r#"
    error[TMPL-012] app.yaml:2:30: `<<` cannot merge a string
      2 |   A: {Type: AWS::S3::Bucket, <<: text}
        |                              ^^
      why: a merge takes the keys of a mapping, or of a list of mappings
      fix: give it an alias of a mapping, such as `<<: *defaults`
    "#);
}

#[test]
fn json_with_trailing_commas_and_comments() {
    let text = "{\n  // the bucket\n  \"Resources\": {\n    \"A\": {\"Type\": \"AWS::S3::Bucket\",},\n  }\n}\n";
    insta::assert_snapshot!(messages(text), @r#"
    error[TMPL-004] app.yaml:2:3: a comment stands in JSON
      2 |   // the bucket
        |   ^^^^^^^^^^^^^
      why: JSON has no comments
      fix: remove it, or write the file as YAML
    error[TMPL-004] app.yaml:4:36: a comma stands before a closing bracket
      4 |     "A": {"Type": "AWS::S3::Bucket",},
        |                                    ^
      why: JSON has no trailing commas
      fix: remove the comma
    error[TMPL-004] app.yaml:4:38: a comma stands before a closing bracket
      4 |     "A": {"Type": "AWS::S3::Bucket",},
        |                                      ^
      why: JSON has no trailing commas
      fix: remove the comma
    "#);
}

#[test]
fn json_with_single_quotes() {
    let text = "{\n  \"Resources\": {\n    \"A\": {\"Type\": 'AWS::S3::Bucket'}\n  }\n}\n";
    insta::assert_snapshot!(messages(text), @r#"
    error[TMPL-004] app.yaml:3:19: a value is expected here
      3 |     "A": {"Type": 'AWS::S3::Bucket'}
        |                   ^
      why: a value is text in double quotes, a number, `true`, `false`, `null`, a list or an object
      fix: add the value
    "#);
}

#[test]
fn a_number_with_a_leading_zero_in_json() {
    let text = "{\"Resources\": {\"A\": {\"Type\": \"AWS::S3::Bucket\", \"Properties\": {\"Account\": 012345678901}}}}";
    insta::assert_snapshot!(messages(text), @r#"
    error[TMPL-004] app.yaml:1:75: `012345678901` is not a JSON number
      1 | {"Resources": {"A": {"Type": "AWS::S3::Bucket", "Properties": {"Account": 012345678901}}}}
        |                                                                           ^^^^^^^^^^^^
      why: a JSON number has no leading zeros and digits on both sides of its point
      fix: put it in double quotes if it is an id or a version
    "#);
}

#[test]
fn a_control_character() {
    let text = "Resources: \"a\u{7}b\"\n";
    insta::assert_snapshot!(messages(text), @r#"
    error[TMPL-002] app.yaml:1:14: character U+0007 cannot stand in a document
      1 | Resources: "a�b"
        |              ^
      why: YAML and JSON allow printable characters, tabs and line ends only
      fix: delete it, or write it as an escape such as `"\u001b"` in double quotes
    "#);
}

#[test]
fn not_a_mapping() {
    let text = "- Resources\n";
    insta::assert_snapshot!(messages(text), @r#"
    error[TMPL-030] app.yaml:1:1: a template is a mapping, and this is a list
      1 | - Resources
        | ^^^^^^^^^^^
      why: CloudFormation reads sections such as `Resources` from it
      fix: start the file with `Resources:`
    "#);
}

#[test]
fn no_resources() {
    let text = "Resource:\n  A: {Type: AWS::S3::Bucket}\n";
    insta::assert_snapshot!(messages(text), @r#"
    error[TMPL-031] app.yaml:1:1: unknown section `Resource`
      1 | Resource:
        | ^^^^^^^^
      why: CloudFormation refuses templates with sections it does not know
      fix: did you mean `Resources`?
    error[TMPL-033] app.yaml:1:1: the template has no `Resources`
      1 | Resource:
        | ^^^^^^^^
      why: a stack has at least one resource
      fix: add the section `Resources`, or check that this file is a template
    "#);
}

#[test]
fn empty_resources_and_a_wrong_version() {
    let text = "AWSTemplateFormatVersion: 2024-01-01\nResources: {}\n";
    insta::assert_snapshot!(messages(text), @r#"
    error[TMPL-032] app.yaml:1:27: `AWSTemplateFormatVersion` is not a version that exists
      1 | AWSTemplateFormatVersion: 2024-01-01
        |                           ^^^^^^^^^^
      why: the only version is `2010-09-09`; it is not the date of the template
      fix: write `AWSTemplateFormatVersion: "2010-09-09"`
    error[TMPL-033] app.yaml:2:12: `Resources` is empty
      2 | Resources: {}
        |            ^^
      why: a stack has at least one resource
      fix: add a resource; `AWS::CloudFormation::WaitConditionHandle` costs nothing
    "#);
}

#[test]
fn an_unknown_key_of_a_resource() {
    let text = "Resources:\n  A:\n    Type: AWS::S3::Bucket\n    Propertis: {}\n    DependOn: B\n";
    insta::assert_snapshot!(messages(text), @r#"
    error[TMPL-036] app.yaml:4:5: resource `A` has an unknown key `Propertis`
      4 |     Propertis: {}
        |     ^^^^^^^^^
      why: it takes `Condition`, `CreationPolicy`, `DeletionPolicy`, `DependsOn`, `Metadata`, `Properties`, `Type`, `UpdatePolicy`, `UpdateReplacePolicy`, `Connectors`, `IgnoreGlobals`
      fix: did you mean `Properties`?
    error[TMPL-036] app.yaml:5:5: resource `A` has an unknown key `DependOn`
      5 |     DependOn: B
        |     ^^^^^^^^
      why: it takes `Condition`, `CreationPolicy`, `DeletionPolicy`, `DependsOn`, `Metadata`, `Properties`, `Type`, `UpdatePolicy`, `UpdateReplacePolicy`, `Connectors`, `IgnoreGlobals`
      fix: did you mean `DependsOn`?
    "#);
}

#[test]
fn a_resource_without_a_type_and_one_with_a_bad_name() {
    let text = "Resources:\n  A: {Properties: {}}\n  my-bucket: {Type: AWS::S3::Bucket}\n  C: {Type: S3Bucket}\n  D:\n";
    insta::assert_snapshot!(messages(text), @r#"
    error[TMPL-036] app.yaml:2:3: resource `A` has no `Type`
      2 |   A: {Properties: {}}
        |   ^
      why: the type says what is created
      fix: add a type such as `Type: AWS::S3::Bucket`
    error[TMPL-035] app.yaml:3:3: `my-bucket` cannot be a name in `Resources`
      3 |   my-bucket: {Type: AWS::S3::Bucket}
        |   ^^^^^^^^^
      why: names in a template have letters and digits only, 255 characters at most
      fix: rename it to `mybucket`
    error[TMPL-036] app.yaml:4:13: `S3Bucket` is not a resource type
      4 |   C: {Type: S3Bucket}
        |             ^^^^^^^^
      why: a type is `Provider::Service::Resource` or `Custom::Name`
      fix: correct the type
    error[TMPL-034] app.yaml:5:4: resource `D` is nothing
      5 |   D:
        |    ^
      why: every resource is a mapping
      fix: check the indentation of the lines below its name
    "#);
}

#[test]
fn names_that_are_not_there() {
    let text = "Parameters: {Stage: {Type: String}}\nResources:\n  Bucket: {Type: AWS::S3::Bucket, Condition: Prod}\n  Topic:\n    Type: AWS::SNS::Topic\n    DependsOn: [Buckt]\n    Properties:\n      TopicName: !Ref Stag\n      DisplayName: !Sub '${Bukcet.Arn}-${AWS::Reigon}'\n      Kms: !FindInMap [Keys, a, b]\n";
    insta::assert_snapshot!(messages(text), @r#"
    error[TMPL-050] app.yaml:3:46: `Prod` is not a condition of this template
      3 |   Bucket: {Type: AWS::S3::Bucket, Condition: Prod}
        |                                              ^^^^
      fix: define it, or correct the name
    error[TMPL-050] app.yaml:6:17: `Buckt` is not a resource of this template
      6 |     DependsOn: [Buckt]
        |                 ^^^^^
      fix: did you mean `Bucket`?
    error[TMPL-050] app.yaml:8:18: `Stag` is not a parameter or resource of this template
      8 |       TopicName: !Ref Stag
        |                  ^^^^^^^^^
      fix: did you mean `Stage`?
    error[TMPL-050] app.yaml:9:20: `Bukcet` is not a resource of this template
      9 |       DisplayName: !Sub '${Bukcet.Arn}-${AWS::Reigon}'
        |                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      fix: did you mean `Bucket`?
    error[TMPL-050] app.yaml:9:20: `AWS::Reigon` is not a pseudo parameter of this template
      9 |       DisplayName: !Sub '${Bukcet.Arn}-${AWS::Reigon}'
        |                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      fix: did you mean `AWS::Region`?
    error[TMPL-050] app.yaml:10:24: `Keys` is not a mapping of this template
      10 |       Kms: !FindInMap [Keys, a, b]
         |                        ^^^^
      fix: define it, or correct the name
    "#);
}

#[test]
fn a_circle() {
    let text = "Resources:\n  A: {Type: AWS::SNS::Topic, Properties: {X: !Ref B}}\n  B: {Type: AWS::SNS::Topic, Properties: {X: !GetAtt C.Arn}}\n  C: {Type: AWS::SNS::Topic, DependsOn: A}\n";
    insta::assert_snapshot!(messages(text), @r#"
    error[TMPL-052] app.yaml:2:46: resources depend on one another in a circle: `A` needs `B` needs `C` needs `A`
      2 |   A: {Type: AWS::SNS::Topic, Properties: {X: !Ref B}}
        |                                              ^^^^^^
      why: CloudFormation creates a resource after those it refers to, so none of these can be the first
      fix: break the circle: name a resource by text instead of a reference, or split one into two
    "#);
}

#[test]
fn a_resource_that_needs_itself() {
    let text = "Resources:\n  A: {Type: AWS::SNS::Topic, Properties: {X: !Sub '${A.Arn}'}}\n";
    insta::assert_snapshot!(messages(text), @r#"
    error[TMPL-052] app.yaml:2:46: resources depend on one another in a circle: `A` needs `A`
      2 |   A: {Type: AWS::SNS::Topic, Properties: {X: !Sub '${A.Arn}'}}
        |                                              ^^^^^^^^^^^^^^^
      why: CloudFormation creates a resource after those it refers to, so none of these can be the first
      fix: break the circle: name a resource by text instead of a reference, or split one into two
    "#);
}

#[test]
fn functions_of_a_wrong_shape() {
    let text = "Resources:\n  A:\n    Type: AWS::SNS::Topic\n    Properties:\n      A: !GetAtt Topic\n      B: !Join [a, b, c]\n      C: !If [Prod]\n      D: {Fn::Sbu: x}\n      E: {Fn::Sub: x, Other: y}\n";
    insta::assert_snapshot!(messages(text), @r#"
    error[TMPL-038] app.yaml:5:18: `Fn::GetAtt` takes a resource and an attribute
      5 |       A: !GetAtt Topic
        |                  ^^^^^
      why: it has a list of 1 here
      fix: see the function's page in the CloudFormation template reference
    error[TMPL-038] app.yaml:6:16: `Fn::Join` takes a list of two members
      6 |       B: !Join [a, b, c]
        |                ^^^^^^^^^
      why: it has a list of 3 here
      fix: see the function's page in the CloudFormation template reference
    error[TMPL-038] app.yaml:7:14: `Fn::If` takes a condition's name and two values
      7 |       C: !If [Prod]
        |              ^^^^^^
      why: it has a list of 1 here
      fix: see the function's page in the CloudFormation template reference
    error[TMPL-050] app.yaml:7:15: `Prod` is not a condition of this template
      7 |       C: !If [Prod]
        |               ^^^^
      fix: define it, or correct the name
    error[TMPL-038] app.yaml:8:10: unknown function `Fn::Sbu`
      8 |       D: {Fn::Sbu: x}
        |          ^^^^^^^^^^^^
      why: CloudFormation refuses functions it does not know
      fix: did you mean `Fn::Sub`?
    error[TMPL-038] app.yaml:9:11: `Fn::Sub` stands beside other keys
      9 |       E: {Fn::Sub: x, Other: y}
        |           ^^^^^^^
      why: a function is the only key of its mapping
      fix: check the indentation
    "#);
}

#[test]
fn a_condition_that_looks_at_a_resource() {
    let text = "Conditions:\n  C: !Equals [!Ref A, x]\nResources:\n  A: {Type: AWS::SNS::Topic}\n";
    insta::assert_snapshot!(messages(text), @r#"
    error[TMPL-051] app.yaml:2:15: a condition refers to resource `A`
      2 |   C: !Equals [!Ref A, x]
        |               ^^^^^^
      why: conditions are decided before any resource exists
      fix: use a parameter or a mapping
    "#);
}

#[test]
fn parameters_of_a_wrong_kind() {
    let text = "Parameters:\n  A: {Type: Strng}\n  B: {Default: x}\n  C: {Type: String, AllowedValues: [dev, prod], Default: live}\n  D: {Type: Number, MinValue: 3, Default: 2}\n  E:\n    Type: String\n    NoEcho: true\n    MinLength: 8\n    Default: hunter2\n  F: {Type: String, Defualt: x}\nResources: {R: {Type: A::B::C}}\n";
    insta::assert_snapshot!(messages(text), @r#"
    error[TMPL-040] app.yaml:2:13: `Strng` is not a type of a parameter
      2 |   A: {Type: Strng}
        |             ^^^^^
      why: the type says which values are allowed
      fix: did you mean `String`?
    error[TMPL-040] app.yaml:3:3: parameter `B` has no `Type`
      3 |   B: {Default: x}
        |   ^
      why: the type says which values are allowed
      fix: use `String`, `Number` or `CommaDelimitedList`
    error[TMPL-042] app.yaml:4:58: the default is refused: the value `live` of parameter `C` is not allowed
      4 |   C: {Type: String, AllowedValues: [dev, prod], Default: live}
        |                                                          ^^^^
      why: it is one of `dev`, `prod`
      fix: change the default or the constraint
    error[TMPL-042] app.yaml:5:43: the default is refused: the value `2` of parameter `D` is too small
      5 |   D: {Type: Number, MinValue: 3, Default: 2}
        |                                           ^
      why: it is at least 3
      fix: change the default or the constraint
    error[TMPL-042] app.yaml:6:3: the default is refused: the value of parameter `E` is too short
      6 |   E:
        |   ^
      why: it has at least 8 characters
      fix: change the default or the constraint
    error[TMPL-036] app.yaml:11:21: parameter `F` has an unknown key `Defualt`
      11 |   F: {Type: String, Defualt: x}
         |                     ^^^^^^^
      why: it takes `AllowedPattern`, `AllowedValues`, `ConstraintDescription`, `Default`, `Description`, `MaxLength`, `MaxValue`, `MinLength`, `MinValue`, `NoEcho`, `Type`
      fix: did you mean `Default`?
    "#);
}

#[test]
fn outputs_of_a_wrong_kind() {
    let text = "Resources: {R: {Type: A::B::C}}\nOutputs:\n  A: {Description: nothing}\n  B: {Value: 1, Export: name}\n  C: text\n";
    insta::assert_snapshot!(messages(text), @r#"
    error[TMPL-037] app.yaml:3:3: output `A` has no `Value`
      3 |   A: {Description: nothing}
        |   ^
      why: an output is a value that the stack returns
      fix: add `Value`, for example `Value: !Ref MyResource`
    error[TMPL-037] app.yaml:4:25: the export of output `B` has no `Name`
      4 |   B: {Value: 1, Export: name}
        |                         ^^^^
      why: other stacks import an output by the name of its export
      fix: write `Export: {Name: …}`
    error[TMPL-034] app.yaml:5:6: output `C` is a string
      5 |   C: text
        |      ^^^^
      why: every output is a mapping
      fix: check the indentation of the lines below its name
    "#);
}

#[test]
fn a_policy_that_does_not_exist() {
    let text = "Resources:\n  R: {Type: A::B::C, DeletionPolicy: Retian, UpdateReplacePolicy: RetainExceptOnCreate}\n";
    insta::assert_snapshot!(messages(text), @r#"
    error[TMPL-036] app.yaml:2:38: `DeletionPolicy` of resource `R` is not a policy
      2 |   R: {Type: A::B::C, DeletionPolicy: Retian, UpdateReplacePolicy: RetainExceptOnCreate}
        |                                      ^^^^^^
      why: it is one of Delete, Retain, Snapshot, RetainExceptOnCreate
      fix: did you mean `Retain`?
    error[TMPL-036] app.yaml:2:67: `UpdateReplacePolicy` of resource `R` is not a policy
      2 |   R: {Type: A::B::C, DeletionPolicy: Retian, UpdateReplacePolicy: RetainExceptOnCreate}
        |                                                                   ^^^^^^^^^^^^^^^^^^^^
      why: it is one of Delete, Retain, Snapshot
      fix: choose one of them
    "#);
}

#[test]
fn a_mapping_of_three_levels() {
    let text = "Mappings: {M: {a: {b: {c: d}}, e: f}}\nResources: {R: {Type: A::B::C}}\n";
    insta::assert_snapshot!(messages(text), @r#"
    error[TMPL-034] app.yaml:1:23: key `b` of mapping `M` is a mapping
      1 | Mappings: {M: {a: {b: {c: d}}, e: f}}
        |                       ^^^^^^
      why: a mapping has two levels of keys, and below them text, numbers or lists, without functions
      fix: write `Mapping: {TopKey: {SecondKey: value}}`
    error[TMPL-034] app.yaml:1:35: key `e` of mapping `M` is a string
      1 | Mappings: {M: {a: {b: {c: d}}, e: f}}
        |                                   ^
      why: a mapping has two levels of keys, and below them text, numbers or lists, without functions
      fix: write `Mapping: {TopKey: {SecondKey: value}}`
    "#);
}

#[test]
fn conditions_without_truth_and_in_a_circle() {
    let text = "Parameters: {P: {Type: String}}\nConditions:\n  A: !Not [!Condition B]\n  B: !Or [!Condition A, !Equals [!Ref P, x]]\n  C: !Ref P\n  D: yes\nResources: {R: {Type: A::B::C, Condition: A}}\n";
    insta::assert_snapshot!(messages(text), @r#"
    error[TMPL-022] app.yaml:4:22: condition `A` depends on itself
      4 |   B: !Or [!Condition A, !Equals [!Ref P, x]]
        |                      ^
      why: conditions that refer to one another in a circle have no value
      fix: break the circle
    error[TMPL-038] app.yaml:5:6: condition `C` has no truth
      5 |   C: !Ref P
        |      ^^^^^^
      why: it is a call of `Ref`
      fix: use `Fn::Equals`, `Fn::And`, `Fn::Or`, `Fn::Not` or `Condition`
    error[TMPL-038] app.yaml:6:6: condition `D` has no truth
      6 |   D: yes
        |      ^^^
      why: it is a boolean
      fix: use `Fn::Equals`, `Fn::And`, `Fn::Or`, `Fn::Not` or `Condition`
    "#);
}

#[test]
fn what_is_malformed_is_not_missing_too() {
    let text = "Parameters: {P: {Default: x}}\nResources: {R: {Properties: {A: !Ref P}}, S: {Type: A::B::C, DependsOn: R, Properties: {A: !Ref P, B: !GetAtt R.Arn}}}\n";
    insta::assert_snapshot!(messages(text), @r#"
    error[TMPL-040] app.yaml:1:14: parameter `P` has no `Type`
      1 | Parameters: {P: {Default: x}}
        |              ^
      why: the type says which values are allowed
      fix: use `String`, `Number` or `CommaDelimitedList`
    error[TMPL-036] app.yaml:2:13: resource `R` has no `Type`
      2 | Resources: {R: {Properties: {A: !Ref P}}, S: {Type: A::B::C, DependsOn: R, Properties: {A: !Ref P, B: !GetAtt R.Arn}}}
        |             ^
      why: the type says what is created
      fix: add a type such as `Type: AWS::S3::Bucket`
    "#);
}

#[test]
fn too_many_resources() {
    let members: String = (0..501).map(|n| format!("  R{n}: {{Type: A::B::C}}\n")).collect();
    insta::assert_snapshot!(messages(&format!("Resources:\n{members}")), @r#"
    error[TMPL-060] app.yaml:502:3: `Resources` has 501 members
      502 |   R500: {Type: A::B::C}
          |   ^^^^
      why: CloudFormation allows 500 in one template
      fix: move some of them into a nested stack or a stack of their own
    "#);
}

#[test]
fn nesting_without_end() {
    let text = format!("Resources:{}", " {a:".repeat(200));
    assert!(messages(&text).contains("nested too deeply"), "{}", messages(&text));
    let json = format!("{{\"Resources\":{}", "[".repeat(200));
    assert!(messages(&json).contains("nested too deeply"), "{}", messages(&json));
}

#[test]
fn an_unknown_key_of_a_serverless_resource_has_no_effect() {
    let text = "Transform: AWS::Serverless-2016-10-31\nResources:\n  A:\n    Type: AWS::Serverless::SimpleTable\n    TableName: a\n";
    let said = messages(text);
    assert!(said.starts_with("warning[TMPL-036] app.yaml:5:5: resource `A` has an unknown key `TableName`"), "{said}");
    assert!(said.contains("the SAM transform leaves it out"), "{said}");
}

#[test]
fn conditions_and_values_of_a_wrong_form() {
    let text = "Conditions:\n  A: {Fn::Equals: [1]}\n  B: {Fn::Not: [{Condition: A}, {Condition: A}]}\n  C: {Fn::Or: [{Condition: A}]}\nResources: {R: {Type: A::B::C}}\nOutputs:\n  D: {Value: [1]}\n";
    let told = messages(text);
    let told: Vec<&str> = told.lines().filter(|line| line.contains("error[") || line.contains("why:")).collect();
    insta::assert_snapshot!(told.join("\n"), @r"
    error[TMPL-038] app.yaml:2:19: `Fn::Equals` takes a list of two values
      why: it has a list of 1 here
    error[TMPL-038] app.yaml:3:16: `Fn::Not` takes a list of one condition
      why: it has a list of 2 here
    error[TMPL-038] app.yaml:4:15: `Fn::Or` takes a list of two to ten conditions
      why: it has a list of 1 here
    error[TMPL-037] app.yaml:7:14: the `Value` of output `D` is a list
      why: the value of an output is text
    ");
}

#[test]
fn transforms_and_the_types_that_need_one() {
    let text = "Transform: AWS::Serverless-2016-10-3\nResources:\n  F: {Type: AWS::Serverless::Function}\n";
    insta::assert_snapshot!(messages(text), @r"
    error[TMPL-043] app.yaml:1:12: AWS has no transform `AWS::Serverless-2016-10-3`
      1 | Transform: AWS::Serverless-2016-10-3
        |            ^^^^^^^^^^^^^^^^^^^^^^^^^
      why: names that begin with `AWS::` are those of AWS's own transforms
      fix: did you mean `AWS::Serverless-2016-10-31`?
    ");
    insta::assert_snapshot!(messages("Resources:\n  F: {Type: AWS::Serverless::Function}\n"), @r"
    error[TMPL-044] app.yaml:2:13: resource `F` is of the SAM type `AWS::Serverless::Function`
      2 |   F: {Type: AWS::Serverless::Function}
        |             ^^^^^^^^^^^^^^^^^^^^^^^^^
      why: CloudFormation does not know the types of SAM unless the template has its transform
      fix: write `Transform: AWS::Serverless-2016-10-31` at the template's top
    ");
}

/// CloudFormation takes the version of a custom resource, and a description wherever it stands.
#[test]
fn keys_that_no_list_of_attributes_has() {
    let text = "Resources:\n  A: {Type: 'Custom::Thing', Version: '1.0', Description: a thing, Properties: {ServiceToken: a}}\n  B: {Type: AWS::S3::Bucket, Description: a bucket}\n  C: {Type: AWS::S3::Bucket, Version: '1.0'}\n";
    let said = messages(text);
    let lines: Vec<&str> = said.lines().filter(|line| line.contains("TMPL-036")).collect();
    assert_eq!(
        lines,
        [
            "warning[TMPL-036] app.yaml:2:46: resource `A` has an unknown key `Description`",
            "warning[TMPL-036] app.yaml:3:30: resource `B` has an unknown key `Description`",
            "error[TMPL-036] app.yaml:4:30: resource `C` has an unknown key `Version`",
        ]
    );
}
