/** How the learning rate goes over a run. */
export { scheduleFactor, SCHEDULES, type Schedule } from './schedule.js';
