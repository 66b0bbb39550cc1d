namespace Microsoft.Build.Framework;

/// <summary>Says of a task that it runs beside others in one process: it uses neither the current folder nor the environment of
/// the process. Without it, <c>dotnet build -mt</c> starts a process of its own for the task.</summary>
/// <remarks>MSBuild looks for the name alone, so that tasks which are built for older versions can have it:
/// https://github.com/dotnet/msbuild/blob/main/src/Framework/MSBuildMultiThreadableTaskAttribute.cs</remarks>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
internal sealed class MSBuildMultiThreadableTaskAttribute : Attribute;
