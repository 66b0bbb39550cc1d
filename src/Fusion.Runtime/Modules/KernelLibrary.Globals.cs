using Fusion.Manifest;

namespace Fusion.Runtime;

/// <content>Variables of the modules.</content>
public sealed partial class KernelLibrary
{
    /// <summary>Gets the memory of a <c>__constant__</c> or <c>__device__</c> variable on this library's GPU, to be filled, read or
    /// given to a kernel.</summary>
    /// <typeparam name="T">Type of the variable, or of its elements if it is an array, laid out as in C++.</typeparam>
    /// <param name="name">Name of the variable in the source, with its namespaces: <c>weights</c>, <c>math::table</c>. The symbol of
    /// a variable that a macro declares works too.</param>
    /// <returns>All elements of the variable, valid until the library is disposed. Each module has variables of its own, and so has
    /// each library: all kernels of one <c>.cu</c> file in this library see what is written.</returns>
    /// <exception cref="FusionArgumentException">No module has such a variable, or several have.</exception>
    /// <exception cref="FusionArgumentException">The variable's size is no whole number of elements.</exception>
    /// <exception cref="GpuException">The driver reports an error.</exception>
    /// <exception cref="ObjectDisposedException">The library is disposed.</exception>
    public DeviceSpan<T> GetGlobal<T>(string name)
        where T : unmanaged => Elements<T>(FindVariable(null, name), name);

    /// <summary>Gets the memory of a <c>__constant__</c> or <c>__device__</c> variable of a module on this library's GPU.</summary>
    /// <typeparam name="T">Type of the variable, or of its elements if it is an array, laid out as in C++.</typeparam>
    /// <param name="module">Name of the module, such as <c>kernels/rms_norm</c>.</param>
    /// <param name="name">Name of the variable in the source, with its namespaces, or its symbol.</param>
    /// <returns>All elements of the variable, valid until the library is disposed.</returns>
    /// <exception cref="FusionArgumentException">The module has no such variable.</exception>
    /// <exception cref="FusionArgumentException">The variable's size is no whole number of elements.</exception>
    /// <exception cref="GpuException">The driver reports an error.</exception>
    /// <exception cref="ObjectDisposedException">The library is disposed.</exception>
    public DeviceSpan<T> GetGlobal<T>(string module, string name)
        where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(module);
        return Elements<T>(FindVariable(module, name), name);
    }

    /// <summary>Finds the memory of a variable.</summary>
    /// <param name="module">Name of the module; null for all.</param>
    /// <param name="name">Name of the variable, or its symbol.</param>
    /// <exception cref="FusionArgumentException">There is no such variable, or several.</exception>
    internal (string Module, DeviceMemory Memory) FindVariable(string? module, string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        ObjectDisposedException.ThrowIf(disposed, this);
        var inModule = loaded.FindAll(one => module is null || one.Choice.Module.Name == module);
        // The driver is asked for each, since manifests of earlier versions list no variables.
        var found = new List<(string Module, DeviceMemory Memory)>();
        foreach (var one in inModule)
        {
            var entry = Variables(one).FirstOrDefault(variable => variable.Name == name);
            if (one.FindVariable(entry?.Symbol ?? name) is { } memory) found.Add((one.Choice.Module.Name, memory));
        }

        return found switch
        {
            [] => throw KernelErrors.UnknownVariable(name, module, Names(inModule)),
            [var only] => only,
            _ => throw KernelErrors.AmbiguousVariable(name, found.ConvertAll(one => one.Module)),
        };
    }

    /// <summary>Gets the memory of a variable as its elements.</summary>
    /// <param name="variable">Module and memory of the variable.</param>
    /// <param name="name">Name of the variable.</param>
    /// <exception cref="FusionArgumentException">The variable's size is no whole number of elements.</exception>
    internal static unsafe DeviceSpan<T> Elements<T>((string Module, DeviceMemory Memory) variable, string name)
        where T : unmanaged => variable.Memory.Bytes % (nuint)sizeof(T) == 0
            ? new(variable.Memory, 0, (long)(variable.Memory.Bytes / (nuint)sizeof(T)))
            : throw KernelErrors.VariableSize(name, variable.Module, (long)variable.Memory.Bytes, typeof(T), sizeof(T));

    private static IReadOnlyList<KernelVariable> Variables(LoadedModule module) => module.Choice.Image!.Variables;

    // Names come with their modules where the module itself is the mistake.
    private List<string> Names(List<LoadedModule> modules) => modules.Count > 0
        ? [.. modules.SelectMany(Variables).Select(variable => variable.Name)]
        : [.. loaded.SelectMany(module => Variables(module).Select(variable => $"{module.Choice.Module.Name}: {variable.Name}"))];
}
