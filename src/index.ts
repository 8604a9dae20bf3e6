/**
 * The toolkit for programs: one function per stage of a project's life, each taking its options and what it needs from
 * outside, and returning what the command of the same name prints with `--json`. Errors are `ToolkitError`s.
 *
 * Importing this loads neither TensorFlow.js nor a native library; the first call that needs one does. What the stages
 * are made of is exported by `genai-toolkit/core`.
 */
import { lazyFunction } from './core/lazy-function.js';

export { EXIT_CODES, type ErrorCode } from './core/errors/exit-codes.js';
export { ToolkitError } from './core/errors/toolkit-error.js';
export type { Engine } from './core/engine/engine.js';
export type { OnnxRuntimeOptions } from './core/engine/onnxruntime/create-engine.js';
export type { TensorflowOptions } from './core/engine/tensorflow-engine.js';
export type { ProgressEvent, ProgressListener } from './core/progress/progress-event.js';

export type { FineTuneOptions } from './lifecycle/adapt/fine-tune-options.js';
export type { FineTunePlan, FineTunePorts, FineTuneResult } from './lifecycle/adapt/fine-tune.js';
export type { MergeOptions, MergePorts, MergeResult } from './lifecycle/adapt/merge.js';
export type { PreTrainOptions, PreTrainPorts } from './lifecycle/adapt/pre-train.js';
export type {
  PromptEngineerOptions,
  PromptEngineerPorts,
  PromptEngineerResult,
} from './lifecycle/adapt/prompt-engineer.js';
export type { RunMemoryEstimate } from './lifecycle/adapt/training-memory.js';
export type { BadRowsError, DatasetReport } from './lifecycle/adapt/prepare-dataset.js';
export type {
  AppTemplate,
  DeployAppOptions,
  DeployAppPorts,
  DeployAppResult,
} from './lifecycle/deploy/app.js';
export type {
  DeployContainerOptions,
  DeployContainerPorts,
  DeployContainerResult,
} from './lifecycle/deploy/container.js';
export type { ExportModelPorts, ExportOptions, ExportResult } from './lifecycle/deploy/export.js';
export type { DeployPlanOptions, DeployPlanPorts, DeployPlanResult } from './lifecycle/deploy/plan.js';
export type { QuantizeOptions } from './lifecycle/deploy/quantize-options.js';
export type { QuantizePorts, QuantizeResult } from './lifecycle/deploy/quantize.js';
export type { VerifyOptions, VerifyPorts, VerifyResult } from './lifecycle/deploy/verify.js';
export type { DoctorOptions, DoctorPorts, DoctorReport, EngineProbes } from './lifecycle/doctor/doctor.js';
export type { EngineStatus } from './lifecycle/doctor/engine-status.js';
export type { ComputeEstimate, EstimateComputeOptions } from './lifecycle/estimate/compute.js';
export type { DataEstimate, EstimateDataOptions } from './lifecycle/estimate/data.js';
export type {
  EstimateMemoryOptions,
  EstimateMemoryPorts,
  MemoryEstimate,
} from './lifecycle/estimate/memory.js';
export type { EstimateQuantizationOptions, QuantizationEstimate } from './lifecycle/estimate/quantize.js';
export type { ResolveModelPorts } from './core/selection/resolve-model.js';
export type { EstimateScalingOptions, ScalingEstimate } from './lifecycle/estimate/scaling.js';
export type { EstimateTimeOptions, TimeEstimate } from './lifecycle/estimate/time.js';
export type { BeforeAfterOptions, BeforeAfterResult } from './lifecycle/evaluate/before-after.js';
export type { CompareOptions, CompareResult } from './lifecycle/evaluate/compare.js';
export type { EvaluateOptions, EvaluatePorts, EvaluateResult } from './lifecycle/evaluate/evaluate.js';
export type { EvaluationList, ListEvaluationsOptions } from './lifecycle/evaluate/list.js';
export type {
  CompletionResult,
  GenerateTextOptions,
  GenerateTextResult,
} from './lifecycle/generate/generate-text.js';
export type { RunModelPorts } from './lifecycle/generate/generation-options.js';
export type { Chat, OpenChatOptions } from './lifecycle/generate/open-chat.js';

export type { FingerprintPorts } from './core/project/fingerprint.js';
export type { ProjectStatus } from './core/project/project-status.js';
export type { CardFolders, CataloguePorts } from './core/selection/model-catalogue.js';
export type { InitOptions, InitPorts, InitResult } from './lifecycle/project/init.js';
export type { StatusOptions } from './lifecycle/project/status.js';
export type { ScopeProjectOptions, ScopeProjectPorts, ScopeResult } from './lifecycle/scope/scope.js';
export type { AddedModel, AddModelOptions, AddModelPorts, RemovedModel } from './lifecycle/select/add.js';
export type { CompareModelsOptions, ModelComparison } from './lifecycle/select/compare.js';
export type { ListModelsOptions, ModelList } from './lifecycle/select/list.js';
export type { PullOptions, PullPorts, PullResult } from './lifecycle/select/pull/pull.js';
export type { RecommendationResult, RecommendOptions, RecommendPorts } from './lifecycle/select/recommend.js';
export type { SearchOptions, SearchPorts, SearchResult } from './lifecycle/select/search.js';
export type { ModelDescription, ShowModelOptions } from './lifecycle/select/show.js';
export type {
  TrainOrReuse,
  TrainOrReuseOptions,
  TrainOrReusePorts,
} from './lifecycle/select/train-or-reuse.js';
export type { UseModelOptions, UseModelResult } from './lifecycle/select/use.js';

export type { ServedModels, ServeOptions, ServePorts } from './server/serve-model.js';
export type { ServerSettings } from './server/server-settings.js';

export {
  nodeFileSystem,
  type FileContent,
  type FileSystem,
  type PathInfo,
  type RandomAccessFile,
} from './platform/file-system.js';
export { systemClock, type Clock } from './platform/clock.js';
export { openLlamaCpp, type LlamaCpp } from './platform/llama-cpp.js';
export { nodeDownloadFiles, type DownloadFiles } from './platform/download-files.js';
export { huggingFaceDatasets, huggingFaceHub, type DatasetHub, type ModelHub } from './platform/model-hub.js';
export { userDataFolder } from './platform/user-data-folder.js';
export { nvidiaGraphicsCards, type GraphicsCard, type GraphicsCards } from './platform/graphics-cards.js';
export { graphicsProblem } from './platform/graphics-driver.js';
export { nodeMachineResources, type MachineResources } from './platform/machine-resources.js';
export { nodeProcessInfo, type MachineDescription, type ProcessInfo } from './platform/process-info.js';
export { readToolkitPackage, type ToolkitPackage } from './platform/toolkit-package.js';

/** The default engine: ONNX Runtime, on the CPU, on WebGPU or on CUDA. It must be disposed. */
export const createOnnxRuntimeEngine = lazyFunction(
  () => import('./core/engine/onnxruntime/create-engine.js'),
  'createOnnxRuntimeEngine',
);

/** The engine on an optional TensorFlow package. It must be disposed. */
export const createTensorflowEngine = lazyFunction(
  () => import('./core/engine/tensorflow-engine.js'),
  'createTensorflowEngine',
);

/** TensorFlow.js's own JavaScript kernels: slow, and the answer that the other engines are checked against. */
export const createReferenceEngine = lazyFunction(
  () => import('./core/engine/reference-engine.js'),
  'createReferenceEngine',
);

/** `genai init`: a folder for a project. */
export const initProject = lazyFunction(() => import('./lifecycle/project/init.js'), 'initProject');

/** `genai status`: what of a project is done, stale and next. */
export const readStatus = lazyFunction(() => import('./lifecycle/project/status.js'), 'readStatus');

/** `genai scope`: what a project is for, and the plan that follows. */
export const scopeProject = lazyFunction(() => import('./lifecycle/scope/scope.js'), 'scopeProject');

/** `genai select list`: models that meet some conditions. */
export const listModels = lazyFunction(() => import('./lifecycle/select/list.js'), 'listModels');

/** `genai select show`: one model's card, its memory and what it fits on. */
export const showModel = lazyFunction(() => import('./lifecycle/select/show.js'), 'showModel');

/** `genai select compare`: models side by side. */
export const compareModels = lazyFunction(() => import('./lifecycle/select/compare.js'), 'compareModels');

/** `genai select recommend`: models for a scope, with the reasons. */
export const recommend = lazyFunction(() => import('./lifecycle/select/recommend.js'), 'recommend');

/** `genai select train-or-reuse`: the ways to a model, and what each takes. */
export const trainOrReuse = lazyFunction(
  () => import('./lifecycle/select/train-or-reuse.js'),
  'trainOrReuse',
);

/** `genai select add`: makes a model of the user's own known. */
export const addModel = lazyFunction(() => import('./lifecycle/select/add.js'), 'addModel');

/** `genai select add --remove`. */
export const removeModel = lazyFunction(() => import('./lifecycle/select/add.js'), 'removeModel');

/** `genai select use`: records the choice of a model in a project. */
export const useModel = lazyFunction(() => import('./lifecycle/select/use.js'), 'useModel');

/** `genai select search`: models on the hub. */
export const searchModels = lazyFunction(() => import('./lifecycle/select/search.js'), 'searchModels');

/** `genai select pull`: a model from the hub, verified. */
export const pullModel = lazyFunction(() => import('./lifecycle/select/pull/pull.js'), 'pullModel');

/** `genai estimate memory`: what a model takes to run and to train. */
export const estimateMemory = lazyFunction(() => import('./lifecycle/estimate/memory.js'), 'estimateMemory');

/** `genai estimate compute`: the operations of training and running a model. */
export const estimateCompute = lazyFunction(
  () => import('./lifecycle/estimate/compute.js'),
  'estimateCompute',
);

/** `genai estimate time`: hours, GPU-hours, money and energy. */
export const estimateTime = lazyFunction(() => import('./lifecycle/estimate/time.js'), 'estimateTime');

/** `genai estimate scaling`: the best size and number of tokens for a budget, and the other way round. */
export const estimateScaling = lazyFunction(
  () => import('./lifecycle/estimate/scaling.js'),
  'estimateScaling',
);

/** `genai estimate data`: the raw text behind a number of training tokens. */
export const estimateData = lazyFunction(() => import('./lifecycle/estimate/data.js'), 'estimateData');

/** `genai estimate quantize`: what number formats save and lose. */
export const estimateQuantization = lazyFunction(
  () => import('./lifecycle/estimate/quantize.js'),
  'estimateQuantization',
);

/** `genai adapt fine-tune`: all weights of a model, or a LoRA adapter. */
export const fineTune = lazyFunction(() => import('./lifecycle/adapt/fine-tune.js'), 'fineTune');

/** `genai adapt fine-tune --resume`: goes on with an interrupted run, to the same bits. */
export const resumeFineTune = lazyFunction(() => import('./lifecycle/adapt/fine-tune.js'), 'resumeFineTune');

/** `genai adapt fine-tune --estimate`: the memory of such a run, part by part, before it is run. */
export const estimateFineTuneMemory = lazyFunction(
  () => import('./lifecycle/adapt/fine-tune.js'),
  'estimateFineTuneMemory',
);

/** `genai adapt pre-train`: a model from random weights. */
export const preTrain = lazyFunction(() => import('./lifecycle/adapt/pre-train.js'), 'preTrain');

/** `genai adapt pre-train --resume`. */
export const resumePreTrain = lazyFunction(() => import('./lifecycle/adapt/pre-train.js'), 'resumePreTrain');

/** `genai adapt prompt-engineer`: prompts, examples and settings tried on held-out rows. */
export const promptEngineer = lazyFunction(
  () => import('./lifecycle/adapt/prompt-engineer.js'),
  'promptEngineer',
);

/** `genai adapt merge`: an adapter into its base weights. */
export const mergeAdapter = lazyFunction(() => import('./lifecycle/adapt/merge.js'), 'mergeAdapter');

/** `genai evaluate`: a model measured by a task, or by metrics over a dataset. */
export const evaluate = lazyFunction(() => import('./lifecycle/evaluate/evaluate.js'), 'evaluate');

/** `genai evaluate --base --tuned`: a model before and after it was tuned. */
export const evaluateBeforeAfter = lazyFunction(
  () => import('./lifecycle/evaluate/before-after.js'),
  'evaluateBeforeAfter',
);

/** `genai evaluate compare`: two evaluations of the same rows. */
export const compareResults = lazyFunction(() => import('./lifecycle/evaluate/compare.js'), 'compareResults');

/** `genai evaluate list`: evaluations that are finished, and tasks that are ready. */
export const listEvaluations = lazyFunction(() => import('./lifecycle/evaluate/list.js'), 'listEvaluations');

/** `genai deploy quantize`: a model in 16, 8 or 4 bits. */
export const quantize = lazyFunction(() => import('./lifecycle/deploy/quantize.js'), 'quantize');

/** `genai deploy export`: a model in the form that another program runs, and proof that it is the same. */
export const exportModelFiles = lazyFunction(
  () => import('./lifecycle/deploy/export.js'),
  'exportModelFiles',
);

/** `genai deploy verify`: an export beside the model that it was made from. */
export const verifyExport = lazyFunction(() => import('./lifecycle/deploy/verify.js'), 'verifyExport');

/** `genai deploy plan`: which form of a model suits. */
export const planDeploymentOf = lazyFunction(() => import('./lifecycle/deploy/plan.js'), 'planDeploymentOf');

/** `genai deploy serve`: a model behind OpenAI's HTTP interface. It must be drained. */
export const serveModel = lazyFunction(() => import('./server/serve-model.js'), 'serveModel');

/** `genai deploy app`: an application on top of a served model. */
export const deployApp = lazyFunction(() => import('./lifecycle/deploy/app.js'), 'deployApp');

/** `genai deploy container`: files that run the server in a container or as a service. */
export const deployContainer = lazyFunction(
  () => import('./lifecycle/deploy/container.js'),
  'deployContainer',
);

/** `genai generate`: continues texts. */
export const generateText = lazyFunction(
  () => import('./lifecycle/generate/generate-text.js'),
  'generateText',
);

/** `genai generate --explain-sampling`: what a model expects next, before and after each setting. */
export const explainNextToken = lazyFunction(
  () => import('./lifecycle/generate/explain-next-token.js'),
  'explainNextToken',
);

/** `genai chat`: a model ready for a conversation. */
export const openChat = lazyFunction(() => import('./lifecycle/generate/open-chat.js'), 'openChat');

/** `genai doctor`: what this machine can compute with. */
export const doctor = lazyFunction(() => import('./lifecycle/doctor/doctor.js'), 'doctor');
