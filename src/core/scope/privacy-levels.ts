/** What `privacy` may be, with its meaning. */
export const PRIVACY_LEVELS = {
  anything: 'texts may go to any service',
  'no-external-services': 'texts stay on machines of your own, which may be on a network',
  'on-device': "texts stay on the user's own device, with or without a network",
} as const;

/** The name of a level in {@link PRIVACY_LEVELS}. */
export type PrivacyLevel = keyof typeof PRIVACY_LEVELS;
