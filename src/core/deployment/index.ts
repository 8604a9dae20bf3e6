/** In which form a model is put into use: what each takes of a machine, how fast it answers, what its tokens cost. */
export { DEPLOYMENT_FORMS, type DeploymentForm, type Place } from './deployment-form.js';
export {
  planDeployment,
  type DeploymentMachine,
  type DeploymentNeed,
  type DeploymentPlan,
  type PlannedForm,
} from './plan-deployment.js';
