/** What a project is for and must keep to: scope.yaml, and the plan that follows from it. */
export {
  findScopeTask,
  SCOPE_TASK_NAMES,
  SCOPE_TASKS,
  scopeTask,
  type ScopeTask,
  type ScopeTaskName,
} from './tasks.js';
export { METRIC_NAMES, SCOPE_METRICS, scopeMetric, type MetricName, type ScopeMetric } from './metrics.js';
export { NEXT_COMMANDS, PLAN_RULES, THRESHOLDS, TOPICS, type PlanRule, type Topic } from './plan-rules.js';
export { planProject, type Advice, type Plan } from './plan.js';
export { SCOPE_FIELDS, scopeField, type ScopeField } from './scope-fields.js';
export { PRIVACY_LEVELS, type PrivacyLevel } from './privacy-levels.js';
export { SCOPE_VERSION } from './scope-schema.js';
export {
  checkScope,
  parseScope,
  scopeJsonSchema,
  scopeSchema,
  writeScope,
  type Scope,
  type ScopeInput,
} from './scope.js';
