import { QueueFull } from './queue-full.js';
import { ServedModel, type LoadedModel, type ServingSettings } from './served-model.js';

/** Name of the model without adapter. */
export const BASE_NAME = 'base';

/** Reads a model's weights; `base` or the name of an adapter. */
export type LoadModel = (name: string) => Promise<LoadedModel>;

/** A model in use; it stays loaded until it is released. */
export interface ModelLease {
  readonly model: ServedModel;
  release(): void;
}

interface Resident {
  readonly loading: Promise<ServedModel>;
  model: ServedModel | undefined;
  /** Requests that use it. */
  uses: number;
}

/**
 * The models of a server by their names: the base model is always there, each adapter from its first request on. Past
 * the limit the adapter that was used least recently goes.
 */
export class ModelPool {
  /** Insertion order is order of use. */
  private readonly residents = new Map<string, Resident>();

  /**
   * @param names of the adapters
   * @param mostAdapters loaded at once, at least 1
   */
  constructor(
    private readonly load: LoadModel,
    readonly names: readonly string[],
    private readonly mostAdapters: number,
    private readonly settings: ServingSettings,
  ) {}

  /** Every name that a request may give. */
  get modelNames(): readonly string[] {
    return [BASE_NAME, ...this.names];
  }

  /** Models that are loaded. */
  get loaded(): readonly ServedModel[] {
    return [...this.residents.values()].flatMap(({ model }) => model ?? []);
  }

  /**
   * Takes a model into use, after loading it if need be.
   *
   * @returns `undefined` for a name that is not known
   * @throws QueueFull when as many adapters as may be loaded are all in use; ToolkitError when it cannot be loaded
   */
  async lease(name: string): Promise<ModelLease | undefined> {
    if (!this.modelNames.includes(name)) return undefined;
    const resident = this.residents.get(name) ?? this.admit(name);
    resident.uses++;
    let isReleased = false;
    const release = (): void => {
      if (!isReleased) resident.uses--;
      isReleased = true;
    };
    try {
      const model = await resident.loading;
      this.residents.delete(name);
      this.residents.set(name, resident);
      return { model, release };
    } catch (error) {
      release();
      if (this.residents.get(name) === resident) this.residents.delete(name);
      throw error;
    }
  }

  /** Frees all models; those being loaded once they are. */
  async dispose(): Promise<void> {
    const residents = [...this.residents.values()];
    this.residents.clear();
    for (const { loading } of residents) {
      // What cannot be loaded is told to those who wait for it.
      await loading.then(
        (model) => model.dispose(),
        () => undefined,
      );
    }
  }

  private admit(name: string): Resident {
    const leaving = this.makeRoom(name);
    // The one that leaves is gone before the other is read, so that there is memory for it.
    const loading = (async () => {
      await leaving?.dispose();
      return new ServedModel(name, await this.load(name), this.settings);
    })();
    const resident: Resident = { loading, model: undefined, uses: 0 };
    this.residents.set(name, resident);
    loading.then(
      (model) => (resident.model = model),
      () => undefined,
    );
    return resident;
  }

  /** Takes out the adapter that is to leave for another one, if there are too many. */
  private makeRoom(name: string): ServedModel | undefined {
    if (name === BASE_NAME) return undefined;
    const adapters = [...this.residents].filter(([other]) => other !== BASE_NAME);
    if (adapters.length < this.mostAdapters) return undefined;
    const leaving = adapters.find(([, { uses, model }]) => uses === 0 && model !== undefined);
    if (leaving === undefined)
      throw new QueueFull(`all ${adapters.length} adapters that may be loaded at once are in use`);
    const [leavingName, { model }] = leaving;
    this.residents.delete(leavingName);
    return model;
  }
}
