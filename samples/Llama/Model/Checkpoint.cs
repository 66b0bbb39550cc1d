using System.Text.Json;
using Llama.Model.Safetensors;

namespace Llama.Model;

/// <summary>A checkpoint in a folder, as Hugging Face has it: <c>config.json</c> and one or more safetensors files, which are mapped
/// into memory.</summary>
public sealed class Checkpoint : IDisposable
{
    private const string SingleFile = "model.safetensors";
    private const string IndexFile = "model.safetensors.index.json";

    private readonly List<SafetensorsFile> files = [];
    private readonly Dictionary<string, (SafetensorsFile File, SafetensorsEntry Entry)> tensors = new(StringComparer.Ordinal);

    private Checkpoint(string folder, ModelConfig config) => (Folder, Config) = (folder, config);

    /// <summary>Folder of the checkpoint.</summary>
    public string Folder { get; }

    /// <summary>Shape of the model.</summary>
    public ModelConfig Config { get; }

    /// <summary>Names of all tensors that are there.</summary>
    public IEnumerable<string> Names => tensors.Keys;

    /// <summary>Opens a checkpoint and checks that it has the tensors of its model, in their types and shapes.</summary>
    /// <param name="folder">Folder of the checkpoint.</param>
    /// <exception cref="CheckpointException">A file is missing or malformed, or a tensor is missing or does not fit.</exception>
    public static Checkpoint Open(string folder)
    {
        var checkpoint = new Checkpoint(folder, ModelConfigReader.Read(Path.Combine(folder, ModelConfigReader.FileName)));
        try
        {
            checkpoint.OpenFiles();
            foreach (var tensor in ModelTensors.Of(checkpoint.Config)) checkpoint.ThrowUnlessFits(tensor);
            return checkpoint;
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
    }

    /// <summary>Finds a tensor, and the file that has it.</summary>
    /// <param name="name">Name of the tensor.</param>
    /// <exception cref="CheckpointException">There is no such tensor.</exception>
    public (SafetensorsFile File, SafetensorsEntry Entry) Find(string name) => tensors.TryGetValue(name, out var found) ? found
        : throw new CheckpointException(Folder, $"it lacks the tensor '{name}'");

    /// <summary>Unmaps the files.</summary>
    public void Dispose() => files.ForEach(file => file.Dispose());

    private void OpenFiles()
    {
        var index = Path.Combine(Folder, IndexFile);
        if (!File.Exists(index))
        {
            var single = Path.Combine(Folder, SingleFile);
            if (!File.Exists(single)) throw new CheckpointException(Folder, $"it has neither {SingleFile} nor {IndexFile}");
            Add(SafetensorsFile.Open(single));
            return;
        }

        var fileOf = ReadIndex(index);
        foreach (var name in fileOf.Values.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            var path = Path.Combine(Folder, name);
            if (Path.GetFileName(name) != name || !File.Exists(path))
                throw new CheckpointException(index, $"it names the file '{name}', which is not in the folder");
            Add(SafetensorsFile.Open(path));
        }

        foreach (var (tensor, name) in fileOf)
        {
            if (!tensors.TryGetValue(tensor, out var found)) throw new CheckpointException(index, $"it says that '{tensor}' is in {name}, which does not have it");
            if (Path.GetFileName(found.File.Path) != name)
                throw new CheckpointException(index, $"it says that '{tensor}' is in {name}, but {Path.GetFileName(found.File.Path)} has it");
        }
    }

    private void Add(SafetensorsFile file)
    {
        files.Add(file);
        foreach (var entry in file.Tensors.Values)
        {
            if (!tensors.TryAdd(entry.Name, (file, entry)))
                throw new CheckpointException(file.Path, $"it has the tensor '{entry.Name}', which {Path.GetFileName(tensors[entry.Name].File.Path)} has too");
        }
    }

    private void ThrowUnlessFits(ModelTensor wanted)
    {
        var (file, entry) = Find(wanted.Name);
        if (!wanted.Types.Contains(entry.Type) || !wanted.HasShape(entry.Shape))
        {
            throw new CheckpointException(
                file.Path, $"'{wanted.Name}' is {entry}; expected is {string.Join(" or ", wanted.Types.Select(TensorDataTypes.WordOf))}[{string.Join(", ", wanted.Shape)}]");
        }
    }

    private static Dictionary<string, string> ReadIndex(string path)
    {
        try
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(path));
            if (json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("weight_map", out var map) &&
                map.ValueKind == JsonValueKind.Object && map.EnumerateObject().All(one => one.Value.ValueKind == JsonValueKind.String))
            {
                var files = new Dictionary<string, string>(StringComparer.Ordinal);
                foreach (var one in map.EnumerateObject()) files[one.Name] = one.Value.GetString()!;
                return files;
            }

            throw new CheckpointException(path, "it has no weight_map from names of tensors to names of files");
        }
        catch (JsonException e)
        {
            throw new CheckpointException(path, $"it is no JSON: {e.Message}", e);
        }
    }
}
